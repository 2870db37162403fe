package muninn.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.Engine;
import muninn.engine.request.Request;

/**
 * {@code muninn logits}: the numbers behind an answer, to be compared with another implementation.
 */
final class LogitsCommand implements Command {
  private static final int TOP = 5;

  private static final Option<List<Integer>> TOKENS =
      Option.of("--tokens", Value.whole("ID", 0).list(), "Token ids of the prompt, as 5,7,9.")
          .needed();
  private static final Option<Integer> STEPS =
      RequestFlags.STEPS.helping("Recurrence steps. Default: the model's mean_recurrence.");
  private static final Option<Float> INIT_SCALE =
      RequestFlags.INIT_SCALE
          .helping("Scale of the random initial state. Default: 0, none.")
          .or(0f);
  private static final Option<Long> SEED =
      RequestFlags.SEED.helping("Seed of the random initial state. Default: 0.");
  private static final Option<Boolean> JSON =
      Option.flag("--json", "Print one JSON object with all of the numbers.").shown();

  private final Console console;

  LogitsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "logits",
            "Prints the logits of every position of a prompt, and the final latent of the last"
                + " one.")
        .groups(
            Group.of("Prompt and depth", TOKENS, STEPS, INIT_SCALE, SEED),
            ModelOptions.group(),
            Group.of("Output", JSON))
        .examples(
            "muninn logits --tokens 5,7,9 --steps 4",
            "muninn logits --model DIR --tokens 5,7,9 --steps 4 --init-scale 0 --json");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    int[] tokens = given.get(TOKENS).stream().mapToInt(Integer::intValue).toArray();
    float initScale = given.get(INIT_SCALE);
    try (LateEngine engine = model.late(console, given.has(STEPS) ? given.get(STEPS) : 0)) {
      int depth = given.has(STEPS) ? given.get(STEPS) : engine.model().config().meanRecurrence();
      engine.check(Request.of(tokens, depth, 1));
      Engine.Inspection inspection =
          engine.engine().inspect(tokens, depth, initScale, given.get(SEED));
      if (given.get(JSON)) {
        printJson(tokens, depth, initScale, inspection);
      } else {
        printTable(tokens, inspection);
      }
    }
    return 0;
  }

  private void printJson(int[] tokens, int depth, float initScale, Engine.Inspection inspection) {
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

  private void printTable(int[] tokens, Engine.Inspection inspection) {
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
