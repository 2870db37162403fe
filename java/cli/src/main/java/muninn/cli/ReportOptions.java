package muninn.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Value;
import muninn.engine.Engine;
import muninn.files.FileUse;
import muninn.lab.Machine;
import muninn.lab.report.Header;
import muninn.lab.report.Report;
import muninn.lab.report.ReportFiles;
import muninn.lab.report.ReportJson;
import muninn.model.Fingerprint;

/** Where an instrument of the lab leaves what it found. */
final class ReportOptions {
  private static final Option<Path> REPORT =
      Option.of(
              "--report",
              Value.file("FILE.html"),
              "Write a page with pictures there, which needs nothing else to be read, and its"
                  + " numbers as JSON and CSV beside it.")
          .shown();
  private static final Option<Boolean> JSON =
      Option.flag("--json", "Print one JSON object: all numbers, and how to repeat it.").shown();

  static final Group GROUP = Group.of("Output", REPORT, JSON);

  private final Arguments given;

  /** Refuses what could not be written, before anything is measured. */
  ReportOptions(Arguments given) {
    this.given = given;
    if (given.has(REPORT)) {
      ReportFiles.check(given.get(REPORT));
    }
  }

  /** Says which files will be written. */
  void claim(FileUse use) {
    file().ifPresent(html -> ReportFiles.claim(use, html));
  }

  /** The page, where one was asked for. */
  Optional<Path> file() {
    return Optional.ofNullable(given.get(REPORT));
  }

  /** Whether the output is to be read by a program. */
  boolean json() {
    return given.get(JSON);
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
          given.line().getFirst(),
          given.line(),
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
    if (given.has(REPORT)) {
      Path page = ReportFiles.write(found, given.get(REPORT)).getFirst();
      console.err().println("report: " + page);
    }
    if (json()) {
      console.out().print(ReportJson.of(found));
      console.out().flush();
    }
  }
}
