package muninn.cli;

import java.nio.file.Path;
import java.util.Locale;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.model.Checkpoint;
import muninn.model.Conversion;
import muninn.model.Converted;
import muninn.model.ModelCard;
import muninn.model.RandomModel;
import muninn.model.WeightChoice;

/** {@code muninn convert}: a checkpoint with its matrices in another format. */
final class ConvertCommand implements Command {
  private static final Option<String> IN =
      Option.of(
              "IN", ModelOptions.NAME, "The checkpoint: a folder, or OWNER/NAME of a pulled model.")
          .needed();
  private static final Option<Path> OUT =
      Option.of(
              "OUT",
              Value.file("FOLDER"),
              "The folder to be written, which must not be there, or be empty.")
          .needed();

  private final Console console;

  ConvertCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("convert", "Writes a checkpoint with its weights in another format.")
        .details(
            "What --weights and --keep say is what they say when a model is loaded, and the answers"
                + " are the same to the bit: a converted checkpoint is smaller, and loads faster."
                + " Coded matrices are written as compressed-tensors has them (weight_packed,"
                + " weight_scale, weight_zero_point, quantization_config), which other engines"
                + " read; of checkpoints in that form any are read here, too.",
            "The folder appears when it is complete. What a killed conversion leaves is called"
                + " .FOLDER.partial, and the next one removes it.")
        .operands(IN, OUT)
        .groups(Group.of("Formats", WeightOptions.WEIGHTS, WeightOptions.KEEP))
        .examples(
            "muninn convert weights/raven-sums sums-int8 --weights int8",
            "muninn convert tomg-group-umd/huginn-0125 huginn-int4 --weights int4",
            "muninn convert DIR smaller --weights int4 --keep int8:core.0,mlp_out",
            "muninn generate --model sums-int8 --prompt \"12+34=\"");
  }

  @Override
  public int run(Arguments given) {
    WeightChoice choice = WeightOptions.of(given);
    given.require(!choice.isAuto(), WeightOptions.WEIGHTS, "given, or --keep");
    if (given.get(IN).startsWith(RandomModel.PREFIX)) {
      throw UserException.of(
          "%s is in no file, for its weights are made up when it is loaded; give the folder of a"
              + " checkpoint, or load it in that format: --model %s with the same --weights and"
              + " --keep",
          given.get(IN), given.get(IN));
    }
    Path out = given.get(OUT);
    try (Checkpoint from = Checkpoint.open(Path.of(ModelOptions.checked(given.get(IN))));
        Waiting waiting = Waiting.on(console)) {
      ModelCard card = from.card();
      Converted written = Conversion.write(from, out, choice, name -> waiting.at("making " + name));
      waiting.over();
      console
          .err()
          .println(
              String.format(
                  Locale.ROOT,
                  "%s: %s of weights, which were %s; --model %s runs it",
                  out,
                  MemorySize.shown(written.bytes()),
                  MemorySize.shown(card.bytes()),
                  out));
      if (!written.recoded().isEmpty()) {
        console
            .err()
            .println(
                "muninn: matrices that were in "
                    + String.join(", ", written.recoded())
                    + " keep what was lost in that: convert the checkpoint it was made from, where"
                    + " you have it");
      }
    }
    return 0;
  }
}
