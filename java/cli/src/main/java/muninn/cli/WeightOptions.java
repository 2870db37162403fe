package muninn.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Option;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;
import muninn.files.Json;
import muninn.model.WeightChoice;

/** What matrices of weights are kept in. */
final class WeightOptions {
  private static final String FILE = "@";

  static final Option<String> WEIGHTS =
      Option.of(
              "--weights",
              Value.oneOf(WeightChoice.labels()),
              "What the matrices of blocks and the adapter are kept in: int8, fp8 and int4 are made"
                  + " while the model is loaded, and take half or a quarter of bfloat16; embedding"
                  + " and head then stay bfloat16. int4-g64 and int4-g128 share a scale among more"
                  + " columns.")
          .or(WeightChoice.AUTO.weights())
          .byDefaultSaid("auto, as the device multiplies or the files have them");
  static final Option<String> KEEP =
      Option.of(
              "--keep",
              new Value<>(
                  "FORMAT:PART,…",
                  "exceptions such as bf16:adapter,core.0, or @FILE with one a line",
                  text -> Optional.of(text.startsWith(FILE) ? read(text.substring(1)) : text),
                  ShellCompletion.NOTHING,
                  (one, other) -> one + ";" + other),
              "Other formats for some matrices: adapter, core, core.0, core.0.gate_up, gate_up … or"
                  + " all; of several the last that fits. @FILE has one FORMAT:PART,… a line.")
          .or(WeightChoice.AUTO.keep())
          .byDefaultSaid("no exceptions");

  private WeightOptions() {}

  /**
   * What the options say.
   *
   * @throws UsageException where they say it wrongly
   */
  static WeightChoice of(Arguments given) {
    try {
      return new WeightChoice(given.get(WEIGHTS), given.get(KEEP));
    } catch (UserException e) {
      throw new UsageException("--" + e.getMessage(), e);
    }
  }

  /** The lines of a file, without those that begin with {@code #}. */
  private static String read(String name) {
    Path file = Path.of(name);
    try {
      List<String> lines = Files.readAllLines(file);
      return lines.stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .collect(Collectors.joining(";"));
    } catch (IOException e) {
      throw Json.unreadable(file, e);
    }
  }
}
