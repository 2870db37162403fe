package muninn.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import muninn.engine.Engine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code muninn logits}: the numbers behind an answer, to be compared with another implementation.
 */
@Command(
    name = "logits",
    mixinStandardHelpOptions = true,
    description =
        "Prints the logits of every position of a prompt, and the final latent of the last one.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn logits --tokens 5,7,9 --steps 4",
      "  muninn logits --model DIR --tokens 5,7,9 --steps 4 --init-scale 0 --json"
    })
final class LogitsCommand implements Callable<Integer> {
  private static final int TOP = 5;

  private final Console console;

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(
      names = "--tokens",
      paramLabel = "ID",
      split = ",",
      required = true,
      description = "Token ids of the prompt, as 5,7,9.")
  private int[] tokens;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      description = "Recurrence steps. Default: the model's mean_recurrence.")
  private Integer steps;

  @Option(
      names = "--init-scale",
      paramLabel = "X",
      defaultValue = "0",
      description = "Scale of the random initial state. Default: 0, none.")
  private float initScale;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the random initial state. Default: 0.")
  private long seed;

  @Option(names = "--json", description = "Print one JSON object with all of the numbers.")
  private boolean json;

  LogitsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    model.check();
    Range.require(spec, steps == null || steps >= 1, "--steps", steps, "at least 1");
    Range.requireInitScale(spec, initScale);
    try (Engine engine = model.open(console, steps == null ? 0 : steps)) {
      int depth = steps == null ? engine.model().config().meanRecurrence() : steps;
      Engine.Inspection inspection = engine.inspect(tokens, depth, initScale, seed);
      if (json) {
        printJson(depth, inspection);
      } else {
        printTable(inspection);
      }
    }
    return 0;
  }

  private void printJson(int depth, Engine.Inspection inspection) {
    JsonOutput.print(
        console.out(),
        object -> {
          object.writeFieldName("tokens");
          object.writeArray(tokens, 0, tokens.length);
          object.writeNumberField("steps", depth);
          object.writeNumberField("init_scale", initScale);
          object.writeArrayFieldStart("logits");
          for (float[] position : inspection.logits()) {
            FloatJson.writeArray(object, position);
          }
          object.writeEndArray();
          object.writeFieldName("latent");
          FloatJson.writeArray(object, inspection.latent());
        });
  }

  private void printTable(Engine.Inspection inspection) {
    List<float[]> logits = inspection.logits();
    console.out().println("position  token  most probable next (token: logit)");
    for (int position = 0; position < logits.size(); position++) {
      StringBuilder row = new StringBuilder();
      row.append(String.format(Locale.ROOT, "%8d  %5d ", position, tokens[position]));
      float[] values = logits.get(position);
      for (int token : most(values)) {
        row.append(String.format(Locale.ROOT, "  %d: %.4f", token, values[token]));
      }
      console.out().println(row);
    }
    console.out().flush();
  }

  /** Indices of the largest values, largest first. */
  private static int[] most(float[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted((a, b) -> Float.compare(values[b], values[a]))
        .limit(TOP)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
