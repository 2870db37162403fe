package muninn.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.lab.eval.Drift;
import muninn.lab.eval.FamilyDriftReport;
import muninn.lab.eval.FamilyDriftReport.Coded;
import muninn.lab.report.Report;
import muninn.model.Model;
import muninn.model.RandomModel;
import muninn.model.WeightChoice;

/**
 * The part of {@code quantize-report} that asks a small random shape of every family: prompts are
 * random tokens, as there are neither words nor tasks.
 */
final class FamilyDrift {
  private static final int PROMPT = 24; // tokens

  private final EngineOptions options;
  private final List<String> formats;
  private final List<Integer> steps;
  private final int prompts;
  private final long seed;

  FamilyDrift(
      EngineOptions options, List<String> formats, List<Integer> steps, int prompts, long seed) {
    this.options = options;
    this.formats = formats;
    this.steps = steps;
    this.prompts = prompts;
    this.seed = seed;
  }

  Report measure(ReportOptions report) {
    List<Coded> found = new ArrayList<>();
    Report made = null;
    for (String name : RandomModel.smallOfEachFamily()) {
      try (Engine plain = Engine.open(Model.open(name), options)) {
        List<int[]> asked = prompts(plain.model().config().vocabulary());
        for (String format : formats) {
          EngineOptions with = options.withWeights(new WeightChoice(format, ""));
          try (Engine coded = Engine.open(Model.open(name), with)) {
            found.add(new Coded(name, format, Drift.between(plain, coded, asked, steps, _ -> {})));
          }
        }
        made = FamilyDriftReport.of(found, report.header(plain, seed, settings()));
      }
    }
    return made;
  }

  private List<int[]> prompts(int vocabulary) {
    Random random = new Random(seed);
    return Stream.generate(() -> random.ints(PROMPT, 0, vocabulary).toArray())
        .limit(prompts)
        .toList();
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("models", String.join(" ", RandomModel.smallOfEachFamily()));
    settings.put("prompts", prompts + " of " + PROMPT + " random tokens");
    settings.put("formats", String.join(",", formats));
    settings.put("steps", steps.stream().map(String::valueOf).collect(Collectors.joining(",")));
    return settings;
  }
}
