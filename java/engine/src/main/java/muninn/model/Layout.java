package muninn.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which weights a model has and where they stand in its tensors: an {@link Architecture} with
 * numbers. The loader checks files against it, the forward pass takes its weights from it, and the
 * inspection counts with it.
 */
public final class Layout {
  /**
   * {@code [1, positions, 1, D/2, 2]}, cosines and sines of the rotary angles; some files have it.
   */
  public static final String FREQUENCIES = "freqs_cis";

  /**
   * End of the names of tables of angles that older libraries saved in each block, of Llama's kin;
   * all readers work them out from the config.
   */
  static final String ANGLES = ".rotary_emb.inv_freq";

  private final Architecture architecture;
  private final Config config;

  public Layout(Architecture architecture, Config config) {
    this.architecture = architecture;
    this.config = config;
  }

  /** What a weight does, which is what an untrained one is made by. */
  public enum Role {
    /** A matrix whose product is read on. */
    MATRIX,
    /** A matrix whose product is added to the residual stream. */
    RESIDUAL,
    /** The weights of a norm. */
    NORM,
    /** What is added to products. */
    BIAS,
    /** The weights of the trained gate. */
    GATE
  }

  /**
   * A weight as a device takes it, {@code [rows, columns]}: its pieces one below the other. The
   * pieces of a norm or bias are counted in elements, those of a matrix in rows.
   *
   * @param name of a matrix, such as {@code core.0.gate_up} or {@code adapter}; else the tensor's
   */
  public record Weight(
      String name, Role role, Stage stage, int rows, int columns, List<Piece> pieces) {
    /** Number of weights. */
    public long elements() {
      return (long) rows * columns;
    }

    /** Whether it is multiplied with, and so may be kept in codes. */
    public boolean isMatrix() {
      return role == Role.MATRIX || role == Role.RESIDUAL;
    }
  }

  /**
   * Some rows of a tensor.
   *
   * @param shape of the whole tensor
   * @param from the first of the rows
   * @param halves rows after which pairs of i and i + halves/2 are put side by side; 0 where rows
   *     stay in their order
   */
  public record Piece(String tensor, List<Long> shape, int from, int rows, int halves) {}

  /** The weights of a block; what its family does not have is null. */
  public record Block(
      Branch attention,
      Weight queryKeyValue,
      Weight queryKeyBias,
      Weight queryNorm,
      Weight keyNorm,
      Weight attentionOut,
      Branch mlp,
      Weight gateUp,
      Weight mlpOut) {
    private Stream<Weight> weights() {
      return Stream.of(
              attention.before,
              queryKeyValue,
              queryKeyBias,
              queryNorm,
              keyNorm,
              attentionOut,
              attention.onBranch,
              attention.onSum,
              mlp.before,
              gateUp,
              mlpOut,
              mlp.onBranch,
              mlp.onSum)
          .filter(weight -> weight != null);
    }
  }

  /** The norms around attention or MLP, {@code [1, d]}; null where the family has none. */
  public record Branch(Weight before, Weight onBranch, Weight onSum) {}

  /** {@code [V, d]}. */
  public Weight embedding() {
    return whole(Role.MATRIX, Stage.EMBEDDING, architecture.embedding(), config.vocabulary());
  }

  /** {@code [d, 2d]}: columns of the state first, then those of the input embedding; or null. */
  public Weight adapter() {
    if (architecture.adapter() == null) {
      return null;
    }
    int d = config.width();
    return matrix(
        Role.MATRIX, Stage.ADAPTER, called(Stage.ADAPTER), architecture.adapter(), d, 2 * d);
  }

  /** {@code [1, d]}, the norm outside blocks. */
  public Weight norm() {
    return vector(Role.NORM, Stage.FINAL_NORM, architecture.norm().weight(), config.width(), 0);
  }

  /** {@code [1, d]}; null where there is no gate. */
  public Weight gate() {
    Architecture.Gate gate = architecture.gate();
    return gate == null
        ? null
        : new Weight(
            gate.weight(),
            Role.GATE,
            Stage.GATE,
            1,
            config.width(),
            List.of(
                new Piece(
                    gate.weight(), List.of(1L, (long) config.width()), 0, config.width(), 0)));
  }

  /** {@code [1, 1]}; null where there is no gate. */
  public Weight gateBias() {
    return architecture.gate() == null
        ? null
        : vector(Role.BIAS, Stage.GATE, architecture.gate().bias(), 1, 0);
  }

  /** {@code [V, d]}; the embedding itself where it is tied. */
  public Weight head() {
    return architecture.tiedHead()
        ? embedding()
        : whole(Role.MATRIX, Stage.HEAD, architecture.head(), config.vocabulary());
  }

  /** The weights of block {@code index}, counted from 0, of the prelude, the core or the coda. */
  public Block block(Stage stage, int index) {
    Architecture.Block block = architecture.block();
    String at = architecture.stages().get(stage) + "." + index + ".";
    String called = called(stage) + "." + index + ".";
    int d = config.width();
    int queries = config.queryWidth();
    int keys = config.kvWidth();
    return new Block(
        branch(stage, at, block.attention()),
        stacked(
            stage,
            called + "qkv",
            at,
            block.queryKeyValue(),
            List.of(queries, keys, keys),
            turned()),
        bias(stage, at, block.queryKeyBias()),
        norm(stage, at, block.queryNorm(), queries, turned()),
        norm(stage, at, block.keyNorm(), keys, turned()),
        matrix(
            Role.RESIDUAL, stage, called + "attention_out", at + block.attentionOut(), d, queries),
        branch(stage, at, block.mlp()),
        stacked(
            stage, called + "gate_up", at, block.gateUp(), List.of(config.ffn(), config.ffn()), 0),
        matrix(Role.RESIDUAL, stage, called + "mlp_out", at + block.mlpOut(), d, config.ffn()));
  }

  /** Every weight of a model of this kind and size, in the order in which a token meets them. */
  public Stream<Weight> weights() {
    return Stream.of(
            Stream.of(embedding()),
            blocks(Stage.PRELUDE),
            Stream.ofNullable(adapter()),
            blocks(Stage.CORE),
            blocks(Stage.CODA),
            Stream.of(norm()),
            Stream.ofNullable(gate()),
            Stream.ofNullable(gateBias()),
            architecture.tiedHead() ? Stream.<Weight>empty() : Stream.of(head()))
        .flatMap(weights -> weights);
  }

  /** The tensors that hold them, and their shapes. */
  public Map<String, List<Long>> tensors() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    weights()
        .flatMap(weight -> weight.pieces().stream())
        .forEach(piece -> shapes.put(piece.tensor(), piece.shape()));
    return shapes;
  }

  private Stream<Weight> blocks(Stage stage) {
    return IntStream.range(0, stage.blocks(config))
        .boxed()
        .flatMap(index -> block(stage, index).weights());
  }

  /** The rows that hold one head, where its halves turn together. */
  private int turned() {
    return architecture.pairs() == Architecture.Pairs.HALVES ? config.headWidth() : 0;
  }

  private Branch branch(Stage stage, String at, Architecture.Branch norms) {
    int d = config.width();
    return new Branch(
        norm(stage, at, norms.before(), d, 0),
        norm(stage, at, norms.onBranch(), d, 0),
        norm(stage, at, norms.onSum(), d, 0));
  }

  private Weight norm(Stage stage, String at, String name, int width, int halves) {
    return name == null ? null : vector(Role.NORM, stage, at + name, width, halves);
  }

  private static Weight vector(Role role, Stage stage, String name, int width, int halves) {
    return new Weight(
        name,
        role,
        stage,
        1,
        width,
        List.of(new Piece(name, List.of((long) width), 0, width, halves)));
  }

  /** {@code [2, H·D]}: of queries, of keys. */
  private Weight bias(Stage stage, String at, String name) {
    if (name == null) {
      return null;
    }
    int width = config.queryWidth();
    List<Long> shape = List.of(2L, 1L, (long) config.heads(), (long) config.headWidth());
    Piece piece = new Piece(at + name, shape, 0, 2 * width, turned());
    return new Weight(at + name, Role.BIAS, stage, 2, width, List.of(piece));
  }

  private Weight whole(Role role, Stage stage, String name, int rows) {
    return matrix(role, stage, called(stage), name, rows, config.width());
  }

  private static String called(Stage stage) {
    return stage.name().toLowerCase(Locale.ROOT);
  }

  private static Weight matrix(
      Role role, Stage stage, String called, String tensor, int rows, int columns) {
    Piece piece = new Piece(tensor, List.of((long) rows, (long) columns), 0, rows, 0);
    return new Weight(called, role, stage, rows, columns, List.of(piece));
  }

  /**
   * Parts of d columns one below the other: all in one tensor, or each in its own.
   *
   * @param halves of the first two parts, queries and keys
   */
  private Weight stacked(
      Stage stage, String called, String at, List<String> names, List<Integer> parts, int halves) {
    long columns = config.width();
    int all = parts.stream().mapToInt(Integer::intValue).sum();
    List<Piece> pieces = new ArrayList<>();
    if (names.size() == 1 && halves == 0) {
      pieces.add(new Piece(at + names.getFirst(), List.of((long) all, columns), 0, all, 0));
    } else {
      int from = 0;
      for (int i = 0; i < parts.size(); i++) {
        int rows = parts.get(i);
        int turned = i < 2 ? halves : 0;
        pieces.add(
            names.size() == 1
                ? new Piece(at + names.getFirst(), List.of((long) all, columns), from, rows, turned)
                : new Piece(at + names.get(i), List.of((long) rows, columns), 0, rows, turned));
        from += rows;
      }
    }
    return new Weight(called, Role.MATRIX, stage, all, config.width(), List.copyOf(pieces));
  }
}
