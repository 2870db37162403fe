package muninn.model;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which tensors a checkpoint must hold: the one place that knows names and shapes. The loader
 * checks files against it, the forward pass takes its names from it, and the inspection counts with
 * it.
 */
public final class Layout {
  /** {@code [V, d]}. */
  public static final String EMBEDDING = "transformer.wte.weight";

  /** {@code [d, 2d]}: columns of the state first, then those of the input embedding. */
  public static final String ADAPTER = "transformer.adapter.weight";

  /** {@code [d]}, used before and after the coda. */
  public static final String FINAL_NORM = "transformer.ln_f.weight";

  /** {@code [V, d]}, a copy of {@link #EMBEDDING}; some files have it. */
  public static final String HEAD = "lm_head.weight";

  /**
   * {@code [1, positions, 1, D/2, 2]}, cosines and sines of the rotary angles; some files have it.
   */
  public static final String FREQUENCIES = "freqs_cis";

  private Layout() {}

  /**
   * Names of one block's tensors.
   *
   * @param norm1 {@code [d]}, before attention
   * @param norm2 {@code [d]}, after attention and its residual
   * @param norm3 {@code [d]}, before the MLP
   * @param norm4 {@code [d]}, after the MLP and its residual
   * @param qkv {@code [3d, d]}, rows of queries, keys, values
   * @param qkBias {@code [2, 1, H, D]}, of queries, of keys
   * @param attnProj {@code [d, d]}
   * @param fc {@code [2I, d]}, gate rows first
   * @param mlpProj {@code [d, I]}
   */
  public record Block(
      String norm1,
      String norm2,
      String norm3,
      String norm4,
      String qkv,
      String qkBias,
      String attnProj,
      String fc,
      String mlpProj) {}

  /** A tensor that the model needs. */
  public record Expected(String name, Stage stage, List<Long> shape) {
    /** Number of weights. */
    public long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }
  }

  /** The names of block {@code index}, counted from 0, of the prelude, the core or the coda. */
  public static Block block(Stage stage, int index) {
    String at = stage.prefix() + "." + index + ".";
    return new Block(
        at + "norm_1.weight",
        at + "norm_2.weight",
        at + "norm_3.weight",
        at + "norm_4.weight",
        at + "attn.Wqkv.weight",
        at + "attn.qk_bias",
        at + "attn.proj.weight",
        at + "mlp.fc.weight",
        at + "mlp.proj.weight");
  }

  /**
   * Every tensor that a model of this shape needs, in the order a token meets them; made lazily.
   */
  public static Stream<Expected> expected(Config config) {
    long d = config.width();
    return Stream.of(
            Stream.of(
                new Expected(EMBEDDING, Stage.EMBEDDING, List.of((long) config.vocabulary(), d))),
            blocks(config, Stage.PRELUDE),
            Stream.of(new Expected(ADAPTER, Stage.ADAPTER, List.of(d, 2 * d))),
            blocks(config, Stage.CORE),
            blocks(config, Stage.CODA),
            Stream.of(new Expected(FINAL_NORM, Stage.FINAL_NORM, List.of(d))))
        .flatMap(tensors -> tensors);
  }

  private static Stream<Expected> blocks(Config config, Stage stage) {
    return IntStream.range(0, stage.blocks(config))
        .boxed()
        .flatMap(index -> block(config, stage, block(stage, index)));
  }

  private static Stream<Expected> block(Config config, Stage stage, Block names) {
    long d = config.width();
    long ffn = config.ffn();
    return Stream.of(
        new Expected(names.norm1(), stage, List.of(d)),
        new Expected(names.qkv(), stage, List.of(3 * d, d)),
        new Expected(
            names.qkBias(),
            stage,
            List.of(2L, 1L, (long) config.heads(), (long) config.headWidth())),
        new Expected(names.attnProj(), stage, List.of(d, d)),
        new Expected(names.norm2(), stage, List.of(d)),
        new Expected(names.norm3(), stage, List.of(d)),
        new Expected(names.fc(), stage, List.of(2 * ffn, d)),
        new Expected(names.mlpProj(), stage, List.of(d, ffn)),
        new Expected(names.norm4(), stage, List.of(d)));
  }
}
