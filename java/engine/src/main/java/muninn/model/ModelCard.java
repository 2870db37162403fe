package muninn.model;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import muninn.kernels.DType;

/**
 * What a checkpoint is made of, counted: weights and bytes by stage, and what the files hold beside
 * them.
 *
 * @param parts every stage, in the order a token meets them
 * @param copyBytes bytes of tensors that are stored but not needed ({@code lm_head}, {@code
 *     freqs_cis})
 * @param dtypes number of needed tensors by element type
 * @param files the weight files, by name; none where the weights are made up
 */
public record ModelCard(
    Config config,
    List<Part> parts,
    long copyBytes,
    Map<String, Integer> dtypes,
    List<Path> files) {

  /**
   * One stage.
   *
   * @param blocks 0 for a stage that is not made of blocks
   * @param bytes as stored
   */
  public record Part(Stage stage, int blocks, long weights, long bytes) {}

  /** Counts an open checkpoint. */
  public static ModelCard of(Checkpoint checkpoint) {
    Config config = checkpoint.config();
    Layout layout = checkpoint.layout();
    Map<Stage, Long> bytes = new EnumMap<>(Stage.class);
    layout
        .weights()
        .forEach(
            weight -> bytes.merge(weight.stage(), checkpoint.stored().bytes(weight), Long::sum));
    Map<String, Integer> dtypes = new TreeMap<>();
    layout
        .tensors()
        .keySet()
        .forEach(name -> dtypes.merge(checkpoint.stored().typeOf(name), 1, Integer::sum));
    Map<Stage, Long> weights = weights(layout);
    List<Part> parts =
        weights.keySet().stream()
            .map(s -> new Part(s, s.blocks(config), weights.get(s), bytes.get(s)))
            .toList();
    long stored = checkpoint.tensors().stream().mapToLong(Tensor::bytes).sum();
    long needed = bytes.values().stream().mapToLong(Long::longValue).sum();
    List<Path> files = checkpoint.tensors().stream().map(Tensor::file).distinct().sorted().toList();
    return new ModelCard(config, parts, stored - needed, dtypes, files);
  }

  /** Counts a model that no file holds; its weights take two bytes each. */
  static ModelCard of(Layout layout, Config config) {
    Map<Stage, Long> weights = weights(layout);
    List<Part> parts =
        weights.keySet().stream()
            .map(
                s ->
                    new Part(
                        s, s.blocks(config), weights.get(s), DType.BF16.bytes() * weights.get(s)))
            .toList();
    int tensors = layout.tensors().size();
    return new ModelCard(config, parts, 0, Map.of(DType.BF16.name(), tensors), List.of());
  }

  /**
   * Weights by stage of a model of this shape, as {@link Layout} has them; the tied head counts
   * once.
   */
  public static Map<Stage, Long> weights(Layout layout) {
    Map<Stage, Long> weights = new EnumMap<>(Stage.class);
    layout.weights().forEach(w -> weights.merge(w.stage(), w.elements(), Long::sum));
    return weights;
  }

  /** All weights. */
  public long weights() {
    return parts.stream().mapToLong(Part::weights).sum();
  }

  /** Bytes of all weights, as stored. */
  public long bytes() {
    return parts.stream().mapToLong(Part::bytes).sum();
  }
}
