package muninn.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.Engine;
import muninn.kernels.DType;
import muninn.kernels.PaperDevice;
import muninn.lab.expect.Expectation;
import muninn.lab.report.Header;
import muninn.lab.sweep.CellFile;
import muninn.lab.sweep.Findings;
import muninn.lab.sweep.Grid;
import muninn.lab.sweep.GridFile;
import muninn.lab.sweep.Prompt;
import muninn.lab.sweep.PromptFile;
import muninn.lab.sweep.Settling;
import muninn.lab.sweep.SettlingWatch;
import muninn.lab.sweep.Sweep;
import muninn.lab.sweep.SweepReport;
import muninn.lab.sweep.SweepText;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.wire.Responder;

/** {@code muninn sweep}: what settings of depth and speculation cost, and what they give. */
final class SweepCommand implements Command {
  private static final Option<Path> CONFIG =
      Option.of("--config", Value.file("GRID"), "What to try: a JSON file.").letter('c').needed();
  private static final Option<Path> CELLS =
      Option.of("--cells", Value.file("FILE"), "Where finished cells are kept.")
          .byDefaultSaid(
              "NAME.cells.jsonl beside the report, or in this folder; NAME is the grid's");
  private static final Option<Boolean> OVERWRITE =
      Option.flag("--overwrite", "Throw finished cells away and start over.").shown();

  private final Console console;

  SweepCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "sweep",
            "Tries a grid of settings on a file of prompts: cost, quality, the best of them.")
        .details(
            "The grid is a JSON object. Beside prompts (JSONL as for batch, with answer where one"
                + " is right; or random:256x16 for 256 prompts of 16 made-up tokens), limit,"
                + " max_tokens, repeats, watched (prompts whose answers are watched step by step,"
                + " for the depths to guess at) and, for all cells, "
                + GridFile.optionNames()
                + " stands grid: a block or a list of them, in which"
                + " every value of a key goes with every value of the others. Keys of a block:"
                + " steps, exit, threshold, min_steps, exit_every, kv, continuous, mode (none,"
                + " rounds, wavefront), draft, k, lanes, approximate, temperature, batch."
                + " docs/sweep.md has examples.",
            "Every finished cell is kept on disk: a sweep that was ended in any way goes on when"
                + " the same command is given again, and a grid that has grown measures only what"
                + " is new.")
        .groups(
            Group.of("Grid", CONFIG, OVERWRITE, CELLS), ModelOptions.group(), ReportOptions.GROUP)
        .examples(
            "muninn sweep --config docs/depth.json",
            "muninn sweep --config docs/depth.json --report depth.html",
            "muninn sweep --config grid.json --model DIR --json > found.json");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    ReportOptions report = new ReportOptions(given);
    Path config = given.get(CONFIG);
    Grid grid = GridFile.read(config);
    String source = grid.prompts().orElseGet(() -> ownTasks(config, model.name()));
    Path cells = given.has(CELLS) ? given.get(CELLS) : cells(config, report);
    OutputFiles files =
        new OutputFiles(model)
            .reads("the grid", config)
            .writes(CELLS.name(), cells, "a sweep's cells", CellFile.MARK)
            .writes(report);
    if (!PromptFile.isRandom(source)) {
      files.reads("the prompts", Path.of(source));
    }
    files.check();
    try (LateEngine late = model.measured(console, grid.deepestSteps(), grid.largestBatch())) {
      Responder responder = late.responder();
      List<Prompt> prompts = grid.chosen(prompts(late.model(), responder, source, grid));
      int maxTokens = grid.maxTokens(prompts, responder::prompt);
      Engine engine = late.engine();
      Map<String, String> settings = settings(config, grid, source, prompts, maxTokens);
      Header header = report.header(engine, grid.options().sampling().seed(), settings);
      try (CellFile file = CellFile.open(cells, identity(header), given.get(OVERWRITE))) {
        Sweep sweep = new Sweep(grid, prompts, maxTokens, responder::submit, file);
        SettlingWatch watch = new SettlingWatch(engine::observe, passCost(engine.model()));
        console
            .interrupt()
            .untilEnd(
                () -> {
                  sweep.stop();
                  watch.stop();
                });
        if (!sweep.run(ProgressDisplay.of(console))) {
          console
              .err()
              .println(
                  String.format(
                      Locale.ROOT, "stopped; %s: give the same command again to continue", cells));
          return Interrupt.EXIT_CODE;
        }
        List<Settling> settlings = watch.watch(grid, prompts, maxTokens);
        Findings findings = new Findings(grid, engine.model().config(), file, settlings);
        if (!report.json()) {
          console.out().print(SweepText.of(findings));
          console.out().flush();
        }
        report.write(console, SweepReport.of(findings, header));
      }
    }
    return 0;
  }

  /** Of prelude, coda and head, in steps of the core, at one lane. */
  private static double passCost(Model model) {
    Forward forward = Expectation.forward(model, new PaperDevice(DType.BF16, DType.BF16), 1);
    return forward.preludeCost() + forward.codaCost();
  }

  private static String ownTasks(Path config, String model) {
    Path tasks = Path.of(model).resolve("eval.jsonl");
    if (!Files.exists(tasks)) {
      throw UserException.of(
          "%s names no prompts, and %s has no eval.jsonl to take instead: add prompts to the grid,"
              + " a file or random:256x16",
          config, model);
    }
    return tasks.toString();
  }

  private static List<Prompt> prompts(Model model, Responder responder, String source, Grid grid) {
    PromptFile.Encoding encoding =
        new PromptFile.Encoding(
            responder::prompt, responder::conversation, model.config().vocabulary());
    return new PromptFile(encoding).read(source, grid.options().sampling().seed());
  }

  private static Map<String, String> settings(
      Path config, Grid grid, String source, List<Prompt> prompts, int maxTokens) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("Grid", config.toString());
    settings.put("Prompts", String.format(Locale.ROOT, "%d of %s", prompts.size(), source));
    settings.put("Prompts' hash", Prompt.sha256(prompts));
    settings.put("New tokens", "at most " + maxTokens);
    settings.put("Stop tokens", grid.options().ignoreEos() ? "ignored" : "obeyed");
    settings.put("Deepest steps", Integer.toString(grid.deepestSteps()));
    settings.put("Sampling", grid.options().sampling().toString());
    if (!grid.options().stop().isEmpty()) {
      settings.put("Stop texts", grid.options().stop().toString());
    }
    settings.put("Initial state", "scale " + grid.options().initScale());
    settings.put("Rounds", Integer.toString(grid.repeats()));
    return settings;
  }

  /** What cells depend on beside their setting. */
  private static String identity(Header header) {
    Map<String, String> settings = new LinkedHashMap<>(header.settings());
    settings.remove("Grid");
    settings.remove("Prompts");
    settings.remove("Rounds");
    return header.modelId().sha256() + " " + header.device() + " " + settings;
  }

  private static Path cells(Path config, ReportOptions report) {
    String name = config.getFileName().toString().replaceFirst("\\.[^.]*$", "") + ".cells.jsonl";
    return report.file().map(page -> page.resolveSibling(name)).orElseGet(() -> Path.of(name));
  }
}
