package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.Room;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.ModelCard;
import muninn.model.Tensor;

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
            "inspect",
            "Shows a model's shape, its weights by stage, and the KV cache a token takes.")
        .operands(MODEL)
        .groups(Group.of("What is shown", STEPS, KV, TENSORS, JSON))
        .examples(
            "muninn inspect                              the bundled model",
            "muninn inspect DIR --steps 64 --kv mod:4    64 steps that share 4 recurrences' keys",
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
      ModelCard card = model.card();
      int depth = given.has(STEPS) ? given.get(STEPS) : card.config().meanRecurrence();
      boolean tensors = given.get(TENSORS);
      if (given.get(JSON)) {
        JsonOutput.print(out, g -> write(g, model, card, depth, sharing, tensors));
      } else {
        print(out, model, card, depth, sharing);
        if (tensors) {
          printTensors(out, model);
        }
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

  private static void print(
      PrintWriter out, Model model, ModelCard card, int depth, KvSharing sharing) {
    Config c = card.config();
    line(out, "%s", model.name());
    line(
        out,
        "  model       %s (%s), blocks %d prelude, %d core, %d coda; trained for about %d steps",
        model.architecture().family(),
        c.modelType(),
        c.prelude(),
        c.core(),
        c.coda(),
        c.meanRecurrence());
    line(
        out,
        "  shape       width %d, %d heads of %d%s, MLP %d, vocabulary %d, context %d positions",
        c.width(),
        c.heads(),
        c.headWidth(),
        c.kvHeads() == c.heads()
            ? ""
            : String.format(Locale.ROOT, " (%d of keys and values)", c.kvHeads()),
        c.ffn(),
        c.vocabulary(),
        c.blockSize());
    line(
        out,
        "  weights     %s in %s (%s)",
        millions(card.weights()),
        size(card.bytes()),
        types(card));
    for (ModelCard.Part part : card.parts()) {
      String blocks =
          switch (part.blocks()) {
            case 0 -> "";
            case 1 -> " in 1 block";
            default -> String.format(Locale.ROOT, " in %d blocks", part.blocks());
          };
      line(
          out,
          "    %-10s  %s%s, %s",
          id(part),
          millions(part.weights()),
          blocks,
          size(part.bytes()));
    }
    if (card.copyBytes() > 0) {
      line(out, "    copies      %s stored but not needed", size(card.copyBytes()));
    }
    line(
        out,
        "  memory      %s",
        WeightMemory.of(model).entrySet().stream()
            .map(kept -> kept.getKey() + " " + size(kept.getValue()))
            .collect(Collectors.joining(", ")));
    line(
        out,
        "  KV cache    %s a token on a GPU (bfloat16), %s on the CPU (float32), %s in int8 or fp8:"
            + " %d steps, %s, %d slots",
        size(sharing.bytesPerToken(c, depth, Format.BF16)),
        size(sharing.bytesPerToken(c, depth, Format.F32)),
        size(sharing.bytesPerToken(c, depth, KvCache.INT8)),
        depth,
        sharing,
        sharing.slots(c, depth));
    int usual = Math.min(Room.USUAL_POSITIONS, c.blockSize());
    line(
        out,
        "  at once     as many requests as have %s each on a GPU, %s on the CPU (%d positions), at"
            + " most %d",
        size(usual * sharing.bytesPerToken(c, depth, Format.BF16)),
        size(usual * sharing.bytesPerToken(c, depth, Format.F32)),
        usual,
        Room.MOST_SEQUENCES);
    line(
        out,
        "  files       %s",
        card.files().isEmpty() ? "none: random weights" : card.files().size() + " of weights");
  }

  private static void printTensors(PrintWriter out, Model model) {
    for (Tensor t : model.tensors()) {
      line(
          out,
          "  %-40s %-4s %-18s %,13d bytes  %s",
          t.name(),
          t.type(),
          t.shape(),
          t.bytes(),
          t.file().getFileName());
    }
  }

  private static void line(PrintWriter out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  private static String id(ModelCard.Part part) {
    return part.stage().name().toLowerCase(Locale.ROOT);
  }

  private static String types(ModelCard card) {
    return String.join(", ", card.dtypes().keySet());
  }

  private static String millions(long weights) {
    return weights < 1_000_000
        ? String.format(Locale.ROOT, "%,d", weights)
        : String.format(Locale.ROOT, "%,.1f M", weights / 1e6);
  }

  /** Bytes, in the unit that suits. */
  static String size(long bytes) {
    if (bytes < 1_000) {
      return bytes + " B";
    }
    if (bytes < 1_000_000) {
      return String.format(Locale.ROOT, "%.1f kB", bytes / 1e3);
    }
    return bytes < 1_000_000_000
        ? String.format(Locale.ROOT, "%.2f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }

  private static void write(
      JsonGenerator g, Model model, ModelCard card, int depth, KvSharing sharing, boolean tensors)
      throws IOException {
    g.writeStringField("model", model.name());
    g.writeStringField("family", model.architecture().family());
    writeConfig(g, card.config());
    g.writeObjectFieldStart("parameters");
    for (ModelCard.Part part : card.parts()) {
      g.writeNumberField(id(part), part.weights());
    }
    g.writeNumberField("total", card.weights());
    g.writeEndObject();
    g.writeObjectFieldStart("bytes");
    for (ModelCard.Part part : card.parts()) {
      g.writeNumberField(id(part), part.bytes());
    }
    g.writeNumberField("total", card.bytes());
    g.writeNumberField("copies", card.copyBytes());
    g.writeEndObject();
    g.writeObjectFieldStart("dtypes");
    for (var dtype : card.dtypes().entrySet()) {
      g.writeNumberField(dtype.getKey(), dtype.getValue());
    }
    g.writeEndObject();
    g.writeObjectFieldStart("weight_memory");
    for (var kept : WeightMemory.of(model).entrySet()) {
      g.writeNumberField(kept.getKey(), kept.getValue());
    }
    g.writeEndObject();
    g.writeObjectFieldStart("kv_bytes_per_token");
    g.writeNumberField("steps", depth);
    g.writeStringField("sharing", sharing.toString());
    g.writeNumberField("slots", sharing.slots(card.config(), depth));
    g.writeNumberField("bf16", sharing.bytesPerToken(card.config(), depth, Format.BF16));
    g.writeNumberField("f32", sharing.bytesPerToken(card.config(), depth, Format.F32));
    g.writeNumberField("fp8", sharing.bytesPerToken(card.config(), depth, KvCache.FP8));
    g.writeNumberField("int8", sharing.bytesPerToken(card.config(), depth, KvCache.INT8));
    g.writeEndObject();
    g.writeArrayFieldStart("files");
    for (Path file : card.files()) {
      g.writeString(file.getFileName().toString());
    }
    g.writeEndArray();
    if (tensors) {
      writeTensors(g, model);
    }
  }

  /** Under the names of {@code config.json}. */
  static void writeConfig(JsonGenerator g, Config c) throws IOException {
    g.writeObjectFieldStart("config");
    g.writeStringField("model_type", c.modelType());
    g.writeNumberField("n_embd", c.width());
    g.writeNumberField("n_heads", c.heads());
    g.writeNumberField("num_key_value_heads", c.kvHeads());
    g.writeNumberField("head_dim", c.headWidth());
    g.writeNumberField("intermediate_size", c.ffn());
    g.writeNumberField("padded_vocab_size", c.vocabulary());
    g.writeNumberField("block_size", c.blockSize());
    g.writeNumberField("n_layers_in_prelude", c.prelude());
    g.writeNumberField("n_layers_in_recurrent_block", c.core());
    g.writeNumberField("n_layers_in_coda", c.coda());
    g.writeNumberField("mean_recurrence", c.meanRecurrence());
    g.writeNumberField("norm_eps", c.normEps());
    g.writeNumberField("rope_base", c.rope().base());
    g.writeEndObject();
  }

  private static void writeTensors(JsonGenerator g, Model model) throws IOException {
    g.writeArrayFieldStart("tensors");
    for (Tensor t : model.tensors()) {
      g.writeStartObject();
      g.writeStringField("name", t.name());
      g.writeStringField("dtype", t.type().name());
      g.writeArrayFieldStart("shape");
      for (long size : t.shape()) {
        g.writeNumber(size);
      }
      g.writeEndArray();
      g.writeNumberField("bytes", t.bytes());
      g.writeStringField("file", t.file().getFileName().toString());
      g.writeEndObject();
    }
    g.writeEndArray();
  }
}
