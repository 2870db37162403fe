package muninn.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import muninn.engine.Engine;
import muninn.lab.Machine;
import muninn.lab.report.Header;
import muninn.lab.report.Report;
import muninn.lab.report.ReportFiles;
import muninn.lab.report.ReportJson;
import muninn.model.Fingerprint;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where an instrument of the lab leaves what it found. */
final class ReportOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description =
          "Write a page with pictures there, which needs nothing else to be read, and its numbers"
              + " as JSON and CSV beside it.")
  private Path report;

  @Option(
      names = "--figures",
      description = "With --report: write each picture as an SVG file of its own too.")
  private boolean figures;

  @Option(
      names = "--json",
      description = "Print one JSON object: all numbers, and how to repeat it.")
  private boolean json;

  /** Refuses what could not be written, before anything is measured. */
  void check() {
    if (figures && report == null) {
      throw new ParameterException(
          spec.commandLine(), "--figures needs --report FILE.html, beside which they are written");
    }
    if (report != null) {
      ReportFiles.check(report);
    }
  }

  /** The page, where one was asked for. */
  Optional<Path> file() {
    return Optional.ofNullable(report);
  }

  /** Whether the output is to be read by a program. */
  boolean json() {
    return json;
  }

  /**
   * What it takes to repeat this run.
   *
   * @param settings what was chosen, defaults included, by option name
   */
  Header header(Engine engine, long seed, Map<String, String> settings) {
    Fingerprint id = Fingerprint.of(engine.model());
    try {
      return new Header(
          spec.name(),
          spec.root().commandLine().getParseResult().originalArgs(),
          Version.number(),
          Version.commit(),
          Instant.now().truncatedTo(ChronoUnit.SECONDS),
          engine.model().name(),
          new Header.ModelId(id.sha256(), id.of()),
          engine.device(),
          engine.platform(),
          String.format(Locale.ROOT, "%s, %d cores", Machine.cpu(), Machine.cores()),
          seed,
          settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the report where it was asked for, and prints the JSON if that was. */
  void write(Console console, Report found) {
    if (report != null) {
      Path page = ReportFiles.write(found, report, figures).getFirst();
      console.err().println("report: " + page);
    }
    if (json) {
      console.out().print(ReportJson.of(found));
      console.out().flush();
    }
  }
}
