package muninn.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;
import muninn.engine.Room;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.lab.report.TextTable;
import muninn.model.Config;
import muninn.model.ModelCard;
import muninn.model.Tensor;

/** A model for a reader: its shape, its weights by stage, and what it takes of memory. */
final class InspectTable {
  private final Inspected shown;

  InspectTable(Inspected shown) {
    this.shown = shown;
  }

  /**
   * @param tensors whether to list them all
   */
  void print(PrintWriter out, boolean tensors) {
    line(out, "%s", shown.model().name());
    shape(out);
    weights(out);
    memory(out);
    line(
        out,
        "  files       %s",
        shown.card().files().isEmpty()
            ? "none: random weights"
            : shown.card().files().size() + " of weights");
    if (tensors) {
      shown.model().tensors().forEach(tensor -> tensor(out, tensor));
    }
  }

  private void shape(PrintWriter out) {
    Config config = shown.config();
    line(
        out,
        "  model       %s (%s), blocks %d prelude, %d core, %d coda; trained for about %d steps",
        shown.model().architecture().family(),
        config.modelType(),
        config.prelude(),
        config.core(),
        config.coda(),
        config.meanRecurrence());
    line(
        out,
        "  shape       width %d, %d heads of %d%s, MLP %d, vocabulary %d, context %d positions",
        config.width(),
        config.heads(),
        config.headWidth(),
        config.kvHeads() == config.heads()
            ? ""
            : String.format(Locale.ROOT, " (%d of keys and values)", config.kvHeads()),
        config.ffn(),
        config.vocabulary(),
        config.blockSize());
  }

  private void weights(PrintWriter out) {
    ModelCard card = shown.card();
    line(
        out,
        "  weights     %s in %s (%s)",
        millions(card.weights()),
        MemorySize.shown(card.bytes()),
        String.join(", ", card.dtypes().keySet()));
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
          part.stage().name().toLowerCase(Locale.ROOT),
          millions(part.weights()),
          blocks,
          MemorySize.shown(part.bytes()));
    }
    if (card.copyBytes() > 0) {
      line(out, "    copies      %s stored but not needed", MemorySize.shown(card.copyBytes()));
    }
  }

  private void memory(PrintWriter out) {
    line(
        out,
        "  memory      %s",
        WeightMemory.of(shown.model()).entrySet().stream()
            .map(kept -> kept.getKey() + " " + MemorySize.shown(kept.getValue()))
            .collect(Collectors.joining(", ")));
    line(
        out,
        "  KV cache    %s a token on a GPU (bfloat16), %s on the CPU (float32), %s in int8 or fp8:"
            + " %d steps, %s, %d slots",
        keys(1, Format.BF16),
        keys(1, Format.F32),
        keys(1, KvCache.INT8),
        shown.depth(),
        shown.sharing(),
        shown.slots());
    int usual = Math.min(Room.USUAL_POSITIONS, shown.config().blockSize());
    int trained = shown.config().meanRecurrence();
    line(
        out,
        "  at once     as many requests as have memory for %d positions each at %d steps, at most"
            + " %d; batch on a GPU: at %d steps, keys %s, at most %d",
        usual,
        trained,
        Room.MOST_SEQUENCES,
        shown.depth(),
        shown.sharing(),
        Room.MOST_OFFLINE);
    line(
        out,
        "  on a GPU    %s with %s, keys in %s: memory by the format of weights",
        shown.gpu().title(),
        MemorySize.shown((long) shown.gpu().memoryBytes()),
        shown.kept());
    TextTable.plain(shown.gpuMemory()).lines().forEach(row -> line(out, "    %s", row));
  }

  private String keys(int positions, Format format) {
    return MemorySize.shown(positions * shown.keyBytes(format));
  }

  private static void tensor(PrintWriter out, Tensor t) {
    line(
        out,
        "  %-40s %-4s %-18s %,13d bytes  %s",
        t.name(),
        t.type(),
        t.shape(),
        t.bytes(),
        t.file().getFileName());
  }

  private static void line(PrintWriter out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  private static String millions(long weights) {
    return weights < 1_000_000
        ? String.format(Locale.ROOT, "%,d", weights)
        : String.format(Locale.ROOT, "%,.1f M", weights / 1e6);
  }
}
