package muninn.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import muninn.UserException;
import muninn.batch.Responder;
import muninn.engine.Engine;
import muninn.lab.report.Header;
import muninn.lab.report.Report;
import muninn.lab.report.Table;
import muninn.lab.trace.Trace;
import muninn.lab.trace.TraceOptions;
import muninn.lab.trace.TraceReport;
import muninn.lab.trace.TraceStates;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muninn trace}: what latents do while a model thinks. */
@Command(
    name = "trace",
    mixinStandardHelpOptions = true,
    header = "Watches the latents of a prompt think, step by step.",
    description = {
      "",
      "Of each position and step: how far the latent moves and how far from the deepest it is, what"
          + " it would say and how far that is from what it says in the end; the ways of all"
          + " positions through latent space; and whether they end in the same place from other"
          + " starts. docs/trace.md tells how to read it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn trace --prompt \"999+1=\" --report trace.html",
      "  muninn trace --prompt \"999+1=\" --max-tokens 4 --steps 32 --starts 1",
      "  muninn trace --model DIR --tokens 5,7,9 --json",
      "  muninn trace --prompt \"999+1=\" --states states.safetensors      for Python"
    })
final class TraceCommand implements Callable<Integer> {
  private final Console console;

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private PromptOptions prompt;
  @Mixin private ReportOptions report;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      defaultValue = "128",
      description = "Recurrence steps; the last is the deepest state. Default: 128.")
  private int steps;

  @Option(
      names = {"-n", "--max-tokens"},
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Most tokens to answer, greedily; all but the last of them are watched too. Default: 1.")
  private int newTokens;

  @Option(
      names = "--init-scale",
      paramLabel = "X",
      defaultValue = "1",
      description = "Scale of the random state that thinking starts from; 0 is none. Default: 1.")
  private float initScale;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of that state; other starts have the seeds after it. Default: 0.")
  private long seed;

  @Option(
      names = "--starts",
      paramLabel = "N",
      description =
          "Initial states to start from, to see whether the ends differ. Default: 4, or 1 with"
              + " --init-scale 0.")
  private Integer starts;

  @Option(
      names = "--states",
      paramLabel = "FILE.safetensors",
      description = "Write the raw states there, for Python.")
  private Path states;

  TraceCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    model.check();
    prompt.check();
    report.check();
    Range.require(spec, steps >= 1, "--steps", steps, "at least 1");
    Range.require(spec, newTokens >= 1, "--max-tokens", newTokens, "at least 1");
    Range.requireInitScale(spec, initScale);
    Range.require(
        spec, starts == null || (starts >= 1 && starts <= 1000), "--starts", starts, "1 to 1000");
    Range.require(
        spec,
        starts == null || starts == 1 || initScale > 0,
        "--starts",
        starts,
        "1 with --init-scale 0, where all starts are the same");
    checkStates();
    String text = prompt.text(console);
    try (Engine engine = model.open(console, steps)) {
      int[] ids = prompt.ids(Responder.of(engine), text);
      TraceOptions options =
          new TraceOptions(
              ids,
              steps,
              newTokens,
              initScale,
              seed,
              starts != null ? starts : initScale > 0 ? 4 : 1);
      Trace trace = Trace.of(engine, options, ProgressDisplay.of(console));
      Header header = report.header(engine, seed, settings(options));
      Report found = TraceReport.of(trace, engine.model().tokenizer(), header);
      if (!report.json()) {
        print(console.out(), found);
      }
      if (states != null) {
        TraceStates.write(states, trace, header);
        console.err().println("states: " + states);
      }
      report.write(console, found);
    }
    return 0;
  }

  private void checkStates() {
    if (states == null) {
      return;
    }
    Path file = states.toAbsolutePath();
    if (Files.isDirectory(file) || !Files.isDirectory(file.getParent())) {
      throw UserException.of(
          "--states %s: %s; name a file in a folder that exists",
          states, Files.isDirectory(file) ? "is a folder" : "its folder does not exist");
    }
  }

  private static Map<String, String> settings(TraceOptions options) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("steps", Integer.toString(options.steps()));
    settings.put("max-tokens", Integer.toString(options.newTokens()));
    settings.put("init-scale", Float.toString(options.initScale()));
    settings.put("starts", Integer.toString(options.starts()));
    return settings;
  }

  /** A row a position: what it says, since when, and how its latent ends. */
  private static void print(PrintWriter out, Report found) {
    Table tokens = found.tables().getFirst();
    out.println("position  token         says          since step  settled at  latent");
    for (List<Object> row : tokens.rows()) {
      out.println(
          String.format(
              Locale.ROOT,
              "%8s  %-12s  %-12s  %10s  %10s  %s",
              value(tokens, row, "position"),
              shown(value(tokens, row, "text")),
              shown(value(tokens, row, "says_text")),
              value(tokens, row, "decided_at"),
              value(tokens, row, "settled_at") == null ? "–" : value(tokens, row, "settled_at"),
              value(tokens, row, "motion")));
    }
    out.println(found.summary());
    out.flush();
  }

  private static Object value(Table table, List<Object> row, String column) {
    return row.get(table.columns().indexOf(column));
  }

  private static String shown(Object text) {
    String visible = text.toString().replace("\n", "⏎").replace("\t", "⇥");
    return "“" + visible + "”";
  }
}
