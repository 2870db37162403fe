package muninn.cli;

import java.io.PrintWriter;
import java.util.Optional;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.kernels.Format;
import muninn.lab.expect.Card;
import muninn.model.KvSharing;
import muninn.model.Model;

/** {@code muninn inspect}: what a model is, and what a token of context costs with it. */
final class InspectCommand implements Command {
  private static final Option<String> MODEL =
      Option.operand(
          "DIR",
          ModelOptions.NAME,
          "Checkpoint folder in Hugging Face layout, OWNER/NAME of a pulled model, or a shape, as"
              + " random:huginn-0125. Default: the bundled model.");
  private static final Option<Integer> STEPS =
      RequestFlags.STEPS.helping(
          "Recurrence steps to size the KV cache for. Default: the model's mean_recurrence.");
  static final Option<KvSharing> KV =
      Option.of(
              "--kv",
              Value.text("SHARING").read(InspectCommand::sharing),
              "KV sharing as in generate: full, mod:B, first:N, div:B, div-blocks:N.")
          .or(KvSharing.FULL)
          .byDefaultSaid("full")
          .shown();
  private static final Option<Boolean> TENSORS =
      Option.flag("--tensors", "List every tensor.").shown();
  private static final Option<Boolean> JSON =
      Option.flag("--json", "Print one JSON object.").shown();

  private final Console console;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "inspect", "Shows a model's shape, its weights by stage, and what it takes of memory.")
        .details(
            "Of a GPU's memory it says what an engine with default options would take:"
                + " weights in each format they may be kept in; what kernels keep for themselves"
                + " (sums that are merged, a matrix library's workspace, the numbers decoded of one"
                + " matrix of codes); activations and tables for all lanes; and keys and values,"
                + " which have the rest of the nine tenths that an engine fills. Long contexts of"
                + " all lanes at once want more while they last. What the driver takes itself is"
                + " not counted.")
        .operands(MODEL)
        .groups(
            Group.of(
                "What is shown",
                STEPS,
                KV,
                ExpectCommand.KV_DTYPE,
                ExpectCommand.CARD,
                TENSORS,
                JSON))
        .examples(
            "muninn inspect                              the bundled model",
            "muninn inspect DIR --steps 64 --kv mod:4    64 steps that share 4 recurrences' keys",
            "muninn inspect DIR --card 4090              what a GPU's memory would hold",
            "muninn inspect DIR --tensors                every tensor: type, shape, bytes, file",
            "muninn inspect DIR --json                   the same for a script",
            "muninn inspect random:huginn-0125           a shape without its files");
  }

  @Override
  public int run(Arguments given) {
    KvSharing sharing = given.get(KV);
    String name =
        given.has(MODEL)
            ? ModelOptions.checked(given.get(MODEL))
            : ModelOptions.bundled().toString();
    PrintWriter out = console.out();
    try (Model model = Model.open(name)) {
      int depth = given.has(STEPS) ? given.get(STEPS) : model.config().meanRecurrence();
      boolean tensors = given.get(TENSORS);
      Card card = Card.named(given.get(ExpectCommand.CARD)).orElseThrow();
      Format kept = given.get(ExpectCommand.KV_DTYPE);
      Inspected shown = new Inspected(model, depth, sharing, card, kept);
      if (given.get(JSON)) {
        new InspectJson(shown).print(out, tensors);
      } else {
        new InspectTable(shown).print(out, tensors);
      }
    }
    out.flush();
    return 0;
  }

  private static Optional<KvSharing> sharing(String text) {
    try {
      return Optional.of(KvSharing.parse(text));
    } catch (IllegalArgumentException e) {
      throw new UserException(e.getMessage(), e);
    }
  }
}
