package muninn.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
import muninn.cli.args.Value;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.lab.bench.Bench;
import muninn.lab.bench.BenchOptions;
import muninn.lab.bench.StepTimeline;
import muninn.lab.blocks.BlockTrace;
import muninn.lab.blocks.BlockTrace.Step;
import muninn.lab.blocks.LaunchSpan;
import muninn.lab.blocks.LaunchSpans;
import muninn.lab.report.TextTable;
import muninn.model.Model;

/** {@code muninn bench --timeline}: a core step block by block, as a table and as a trace. */
final class BenchTimeline {
  static final Option<Path> TIMELINE =
      Option.of(
          "--timeline",
          Value.file("FILE"),
          "Write when and where each block of a core step runs, for ui.perfetto.dev; on a GPU with"
              + " kernels of kernels-cu/build.sh timeline, or on the emulated device.");

  static final Group GROUP = Group.of("Block by block", TIMELINE);

  private final Console console;
  private final Arguments given;
  private final BenchOptions options;

  BenchTimeline(Console console, Arguments given, BenchOptions options) {
    this.console = console;
    this.given = given;
    this.options = options;
  }

  void run(ModelOptions model, List<Integer> lanes, Bench.Heard heard) {
    Path file = given.get(TIMELINE);
    new OutputFiles(model).writes(given, TIMELINE, "a step's timeline", BlockTrace.MARK).check();
    DeviceOptions device = Devices.choose(model.engine(console).device()).options();
    List<Step> steps;
    try (Model opened = Model.open(model.name())) {
      steps =
          new StepTimeline(
                  opened, device, options.context(), now -> console.err().println("bench: " + now))
              .run(lanes);
    }
    write(file, steps, model.name(), device.device());
    for (Step step : steps) {
      step.spans().forEach(span -> heard.hear("timeline", span));
      print(step);
    }
    console.out().println();
    console.out().println("All blocks: " + file + ", for ui.perfetto.dev");
    console.out().flush();
  }

  private void write(Path file, List<Step> steps, String model, String device) {
    Map<String, String> about = new LinkedHashMap<>();
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8))) {
      about.put("muninn", Version.number());
      Version.commit().ifPresent(commit -> about.put("commit", commit));
      about.put("command", String.join(" ", given.line()));
      about.put("model", model);
      about.put("device", device);
      BlockTrace.write(out, steps, about);
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", file, e.getMessage());
    }
  }

  private void print(Step step) {
    List<LaunchSpan> spans = step.spans();
    PrintWriter out = console.out();
    out.println();
    out.println(
        String.format(
            Locale.ROOT,
            "A step of the core, %d %s, each after %d positions: %.1f µs from its first block to"
                + " its last; times in µs",
            step.lanes(),
            step.lanes() == 1 ? "lane" : "lanes",
            options.context(),
            spans.stream().mapToLong(LaunchSpan::end).max().orElse(0) / 1e3));
    out.println();
    out.print(TextTable.plain(LaunchSpans.of(spans)));
    out.println(
        String.format(
            Locale.ROOT,
            "gaps %.1f, overlaps %.1f; times that differ lie at least %d ns apart",
            spans.stream().mapToLong(LaunchSpan::gap).sum() / 1e3,
            spans.stream().mapToLong(LaunchSpan::overlap).sum() / 1e3,
            step.clockStep()));
  }
}
