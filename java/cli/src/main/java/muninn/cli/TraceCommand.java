package muninn.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.Engine;
import muninn.engine.request.Request;
import muninn.lab.report.Header;
import muninn.lab.report.Report;
import muninn.lab.report.TextTable;
import muninn.lab.trace.Trace;
import muninn.lab.trace.TraceOptions;
import muninn.lab.trace.TraceReport;
import muninn.lab.trace.TraceStates;

/** {@code muninn trace}: what latents do while a model thinks. */
final class TraceCommand implements Command {
  private static final Option<Integer> STEPS =
      RequestFlags.STEPS
          .helping("Recurrence steps; the last is the deepest state. Default: 128.")
          .or(128);
  private static final Option<Integer> MAX_TOKENS =
      Option.of(
              "--max-tokens",
              Value.whole("N", 1),
              "Most tokens to answer, greedily; all but the last of them are watched too.")
          .letter('n')
          .byDefault(1)
          .shown();
  private static final Option<Long> SEED =
      RequestFlags.SEED.helping(
          "Seed of the initial state; other starts have the seeds after it. Default: 0.");
  private static final Option<Integer> STARTS =
      Option.of(
              "--starts",
              Value.whole("N", 1, 1000),
              "Initial states to start from, to see whether the ends differ.")
          .byDefaultSaid("4, or 1 with --init-scale 0")
          .shown();
  private static final Option<Path> STATES =
      Option.of(
              "--states", Value.file("FILE.safetensors"), "Write the raw states there, for Python.")
          .shown();

  private final Console console;

  TraceCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("trace", "Watches the latents of a prompt think, step by step.")
        .details(
            "Of each position and step: how far the latent moves and how far from the deepest it"
                + " is, what it would say and how far that is from what it says in the end; the"
                + " ways of all positions through latent space; and whether they end in the same"
                + " place from other starts. docs/trace.md tells how to read it.")
        .operands(PromptOptions.OPERAND)
        .groups(
            PromptOptions.GROUP,
            Group.of("Thinking", STEPS, MAX_TOKENS, STARTS, SEED, RequestFlags.INIT_SCALE),
            ModelOptions.group(),
            ReportOptions.GROUP.and(STATES))
        .examples(
            "muninn trace \"999+1=\" --report trace.html",
            "muninn trace \"999+1=\" --max-tokens 4 --steps 32 --starts 1",
            "muninn trace --model DIR --tokens 5,7,9 --json",
            "muninn trace \"999+1=\" --states states.safetensors      for Python");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    PromptOptions prompt = new PromptOptions(given);
    ReportOptions report = new ReportOptions(given);
    int steps = given.get(STEPS);
    float initScale = given.get(RequestFlags.INIT_SCALE);
    int starts = given.has(STARTS) ? given.get(STARTS) : initScale > 0 ? 4 : 1;
    given.require(
        starts == 1 || initScale > 0,
        STARTS,
        "1 with --init-scale 0, where all starts are the same");
    OutputFiles outputs = new OutputFiles(model);
    prompt.file().ifPresent(file -> outputs.reads("the prompt", file));
    outputs.writes(given, STATES, "a trace's states", TraceStates.MARK).writes(report).check();
    String text = prompt.text(console);
    try (LateEngine late = model.late(console, steps)) {
      int[] ids = prompt.ids(late.responder(), text);
      TraceOptions options =
          new TraceOptions(ids, steps, given.get(MAX_TOKENS), initScale, given.get(SEED), starts);
      late.check(Request.of(ids, steps, options.newTokens()));
      Engine engine = late.engine();
      Trace trace = Trace.of(engine, options, ProgressDisplay.of(console));
      Header header = report.header(engine, options.seed(), settings(options));
      Report found = TraceReport.of(trace, engine.model().tokenizer(), header);
      if (!report.json()) {
        print(console.out(), found);
      }
      Path states = given.get(STATES);
      if (states != null) {
        TraceStates.write(states, trace, header);
        console.err().println("states: " + states);
      }
      report.write(console, found);
    }
    return 0;
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
    out.print(TextTable.plain(found.table("tokens")));
    out.println(found.summary());
    out.flush();
  }
}
