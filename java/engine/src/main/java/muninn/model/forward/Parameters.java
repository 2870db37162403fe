package muninn.model.forward;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.Weights;
import muninn.model.Architecture;
import muninn.model.Layout;
import muninn.model.Model;
import muninn.model.Stage;
import muninn.model.WeightChoice;

/**
 * A model's weights on a device, by the part they play. What a family does not have is null.
 *
 * @param embedding {@code [V, d]}
 * @param adapter {@code [d, 2d]}
 * @param norm {@code [1, d]}, the one outside blocks
 * @param gate {@code [1, d]}, what was trained to say when to stop
 * @param gateBias {@code [1, 1]}
 * @param head {@code [V, d]}; the embedding itself where it is tied
 */
public record Parameters(
    Weights embedding,
    List<Block> prelude,
    Weights adapter,
    List<Block> core,
    List<Block> coda,
    Buffer norm,
    Buffer gate,
    Buffer gateBias,
    Weights head) {

  /**
   * A block.
   *
   * @param queryKeyValue {@code [(H + 2K)·D, d]}
   * @param queryKeyBias {@code [2, H·D]}
   * @param queryNorm {@code [1, H·D]}
   * @param keyNorm {@code [1, K·D]}
   * @param attentionOut {@code [d, H·D]}
   * @param gateUp {@code [2I, d]}
   * @param mlpOut {@code [d, I]}
   */
  public record Block(
      Branch attention,
      Weights queryKeyValue,
      Buffer queryKeyBias,
      Buffer queryNorm,
      Buffer keyNorm,
      Weights attentionOut,
      Branch mlp,
      Weights gateUp,
      Weights mlpOut) {}

  /** The norms around attention or MLP, {@code [1, d]}: {@link Architecture.Branch}. */
  public record Branch(Buffer before, Buffer onBranch, Buffer onSum) {}

  /** The same in the formats that the device chooses. */
  public static Parameters load(Model model, Device device) {
    return load(model, device, WeightChoice.AUTO);
  }

  /**
   * Takes a model's weights to a device; shapes were checked when it was opened.
   *
   * @param choice of the formats of matrices
   */
  public static Parameters load(Model model, Device device, WeightChoice choice) {
    Layout layout = model.layout();
    choice.requireParts(layout);
    Loader load = new Loader(model, device, choice);
    Weights embedding = load.matrix(layout.embedding());
    return new Parameters(
        embedding,
        load.blocks(Stage.PRELUDE),
        load.matrix(layout.adapter()),
        load.blocks(Stage.CORE),
        load.blocks(Stage.CODA),
        load.table(layout.norm()),
        load.table(layout.gate()),
        load.table(layout.gateBias()),
        model.architecture().tiedHead() ? embedding : load.matrix(layout.head()));
  }

  /** Bytes of all matrices on the device by the label of their format, most first. */
  public Map<String, Long> matrixBytes() {
    Map<String, Long> bytes = new TreeMap<>();
    matrices().forEach(matrix -> bytes.merge(matrix.format().label(), matrix.bytes(), Long::sum));
    Map<String, Long> sorted = new LinkedHashMap<>();
    bytes.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    return sorted;
  }

  /** Every matrix once: the head may be the embedding. */
  private Stream<Weights> matrices() {
    Stream<Weights> blocks =
        Stream.of(prelude, core, coda)
            .flatMap(List::stream)
            .flatMap(
                block ->
                    Stream.of(block.queryKeyValue, block.attentionOut, block.gateUp, block.mlpOut));
    return Stream.concat(
        Stream.of(embedding, adapter, head).filter(Objects::nonNull).distinct(), blocks);
  }

  private record Loader(Model model, Device device, WeightChoice choice) {

    List<Block> blocks(Stage stage) {
      return IntStream.range(0, stage.blocks(model.config()))
          .mapToObj(i -> block(model.layout().block(stage, i)))
          .toList();
    }

    private Block block(Layout.Block block) {
      return new Block(
          branch(block.attention()),
          matrix(block.queryKeyValue()),
          table(block.queryKeyBias()),
          table(block.queryNorm()),
          table(block.keyNorm()),
          matrix(block.attentionOut()),
          branch(block.mlp()),
          matrix(block.gateUp()),
          matrix(block.mlpOut()));
    }

    private Branch branch(Layout.Branch norms) {
      return new Branch(table(norms.before()), table(norms.onBranch()), table(norms.onSum()));
    }

    Weights matrix(Layout.Weight weight) {
      return weight == null ? null : model.matrix(weight, device, choice.format(weight, device));
    }

    Buffer table(Layout.Weight weight) {
      return weight == null ? null : model.table(weight, device);
    }
  }
}
