package muninn.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.kernels.WeightFormats;
import muninn.lab.eval.Drift;
import muninn.lab.eval.DriftReport;
import muninn.lab.eval.DriftReport.Alone;
import muninn.lab.eval.DriftReport.Coded;
import muninn.lab.eval.Evaluation;
import muninn.lab.eval.Task;
import muninn.lab.report.Report;
import muninn.lab.report.TextTable;
import muninn.model.Layout;
import muninn.model.Model;
import muninn.model.WeightChoice;
import muninn.wire.Responder;

/** {@code muninn quantize-report}: what weights in fewer bits do to a model's answers. */
final class QuantizeReportCommand implements Command {
  private static final Option<List<Integer>> STEPS =
      TaskOptions.depths(List.of(1, 2, 4, 8, 16, 32));
  private static final Option<List<String>> FORMATS =
      Option.of(
              "--formats",
              Value.oneOf(WeightFormats.ALL.stream().map(format -> format.label()).toList()).list(),
              "Formats to hold against the model as it is.")
          .or(List.of("int8", "fp8", "int4"))
          .byDefaultSaid("int8,fp8,int4")
          .shown();
  private static final Option<Integer> PROMPTS =
      Option.of(
              "--prompts",
              Value.whole("N", 1),
              "Tasks of the file, with their answers, whose outputs are compared.")
          .byDefault(32)
          .shown();
  private static final Option<Boolean> NO_MATRICES =
      Option.flag("--no-matrices", "Leave out the part that codes one matrix at a time.").shown();
  private static final Option<Boolean> FAMILIES =
      Option.flag(
              "--families",
              "Instead of a model with tasks, a small random shape of every family: the divergence"
                  + " alone.")
          .shown();

  private final Console console;

  QuantizeReportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "quantize-report", "Measures what weights in fewer bits do to a model's answers.")
        .details(
            "Holds a model with coded weights against the same model as it is, by recurrence steps:"
                + " the divergence of the next token's distribution, how often the most probable"
                + " token is the same, how far latents move, and the tasks that are answered"
                + " exactly right, with 95 % intervals (Wilson). Then, in the last of the formats,"
                + " one matrix at a time, to show which costs most. docs/quantisation.md tells"
                + " more.")
        .groups(
            TaskOptions.group(STEPS),
            Group.of("Formats", FORMATS, PROMPTS, NO_MATRICES, FAMILIES),
            ModelOptions.group(),
            ReportOptions.GROUP)
        .examples(
            "muninn quantize-report --report quantisation.html",
            "muninn quantize-report --formats int4,int4-g64 --steps 1,4,16 --json",
            "muninn quantize-report --families --prompts 8");
  }

  @Override
  public int run(Arguments given) {
    TaskOptions tasks = new TaskOptions(given);
    ModelOptions model = new ModelOptions(given);
    ReportOptions report = new ReportOptions(given);
    List<Integer> steps = given.get(STEPS).stream().distinct().sorted().toList();
    List<String> formats = given.get(FORMATS);
    if (given.get(FAMILIES)) {
      families(given, model, report, steps);
      return 0;
    }
    tasks.outputs().writes(report).check();
    List<Task> questions = Task.read(tasks.file());
    EngineOptions options =
        model.engine(console).withWeights(WeightOptions.of(given)).withSteps(steps.getLast());
    try (Engine plain = open(model, options, options.weights())) {
      Responder responder = Responder.of(plain);
      List<int[]> prompts =
          questions.stream()
              .limit(given.get(PROMPTS))
              .map(task -> responder.prompt(task.prompt() + task.answer()))
              .toList();
      List<Coded> found = new ArrayList<>();
      found.add(new Coded("as it is", 0, List.of(), tasks.ask(plain, console, questions, steps)));
      for (String format : formats) {
        try (Engine coded = open(model, options, new WeightChoice(format, ""))) {
          List<Drift.At> drift = Drift.between(plain, coded, prompts, steps, _ -> {});
          List<Evaluation.Depth> accuracy = tasks.ask(coded, console, questions, steps);
          long bytes = WeightMemory.of(plain.model()).get(format);
          found.add(new Coded(format, bytes, drift, accuracy));
        }
      }
      List<Alone> alone =
          given.get(NO_MATRICES)
              ? List.of()
              : alone(model, options, plain, formats.getLast(), prompts, steps.getLast());
      Report made =
          DriftReport.of(
              found,
              alone,
              formats.getLast(),
              report.header(plain, tasks.seed(), settings(tasks, formats, steps, prompts)));
      if (!report.json()) {
        console.out().print(TextTable.plain(made.table("drift")));
        console.out().println();
        console.out().print(TextTable.plain(made.table("accuracy")));
        console.out().println();
        console.out().println(made.summary());
        console.out().flush();
      }
      report.write(console, made);
    }
    return 0;
  }

  private void families(
      Arguments given, ModelOptions model, ReportOptions report, List<Integer> steps) {
    if (model.isNamed()) {
      throw new UsageException("--families has models of its own: leave --model out");
    }
    EngineOptions options = model.engine(console).withSteps(steps.getLast());
    long seed = new TaskOptions(given).seed();
    int prompts = given.get(PROMPTS);
    Report made =
        new FamilyDrift(options, given.get(FORMATS), steps, prompts, seed).measure(report);
    if (!report.json()) {
      console.out().print(TextTable.plain(made.table("drift")));
      console.out().println();
      console.out().println(made.summary());
      console.out().flush();
    }
    report.write(console, made);
  }

  private static Engine open(ModelOptions model, EngineOptions options, WeightChoice choice) {
    return Engine.open(Model.open(model.name()), options.withWeights(choice));
  }

  /** Each matrix coded alone, the one that costs most first. */
  private static List<Alone> alone(
      ModelOptions model,
      EngineOptions options,
      Engine plain,
      String format,
      List<int[]> prompts,
      int steps) {
    List<Alone> found = new ArrayList<>();
    for (Layout.Weight weight :
        plain.model().layout().weights().filter(Layout.Weight::isMatrix).toList()) {
      WeightChoice only = new WeightChoice("auto", format + ":" + weight.name());
      try (Engine coded = open(model, options, only)) {
        List<Drift.At> drift = Drift.between(plain, coded, prompts, List.of(steps), _ -> {});
        found.add(new Alone(weight.name(), drift.getFirst()));
      }
    }
    found.sort(Comparator.comparingDouble((Alone one) -> one.drift().kl()).reversed());
    return found;
  }

  private static Map<String, String> settings(
      TaskOptions tasks, List<String> formats, List<Integer> steps, List<int[]> prompts) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("tasks", tasks.file().toString());
    settings.put("prompts", Integer.toString(prompts.size()));
    settings.put("formats", String.join(",", formats));
    settings.put(
        "steps", steps.stream().map(n -> Integer.toString(n)).collect(Collectors.joining(",")));
    return settings;
  }
}
