package muninn.model;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What kind of recurrent-depth model a checkpoint holds: which parts it has, where norms stand, how
 * a step begins, and what the tensors are called. How large one is says {@link Config}. A family of
 * models is a value of this record and nothing else: loader, checks, forward pass, costs and
 * inspection read it, so none of them knows a family by name.
 *
 * <p>A part that a family does not have is null, and so is its name.
 *
 * @param family what people call it
 * @param embedding name of the embedding {@code [V, d]}
 * @param stages how names of blocks begin, without the block's number, by the stages there are
 * @param block what the blocks of all stages are
 * @param adapter name of the map {@code [d, 2d]} of state and input embedding, in that order, to
 *     the state that a step begins with; null where a step goes on with the state as it is
 * @param start the state that thinking begins with
 * @param norm the norm outside blocks
 * @param head name of the matrix {@code [V, d]} that gives logits
 * @param tiedHead whether the head is the embedding, of which a file may hold a copy
 * @param pairs which elements of a head turn together
 * @param gate what was trained to say when to stop
 */
public record Architecture(
    String family,
    String embedding,
    Map<Stage, String> stages,
    Block block,
    String adapter,
    Start start,
    FinalNorm norm,
    String head,
    boolean tiedHead,
    Pairs pairs,
    Gate gate) {

  /** The state that thinking begins with. */
  public enum Start {
    /** Random: normal with {@link Config#stateDeviation}, truncated at three of them, scaled. */
    NORMAL,
    /** What the prelude made of the token's embedding. */
    EMBEDDING,
    /** The same, which the first step takes as it is, without the adapter. */
    UNADAPTED
  }

  /** Which elements of a head the rotary embedding turns together. */
  public enum Pairs {
    /** 2i and 2i+1. */
    ADJACENT,
    /** i and i + D/2; rows of queries and keys are put in adjacent order when they are loaded. */
    HALVES
  }

  /**
   * A block: attention, then the MLP. Names are those behind the block's number.
   *
   * @param attention norms around attention
   * @param queryKeyValue rows of queries, keys and values: one tensor of all, or one of each
   * @param queryKeyBias {@code [2, 1, H, D]}, added to queries and keys before they are turned
   * @param queryNorm {@code [H·D]}, of all heads together, before they are turned
   * @param keyNorm {@code [KV·D]}, likewise
   * @param attentionOut {@code [d, H·D]}
   * @param mlp norms around the MLP
   * @param gateUp rows of gate and up: one tensor of both, or one of each
   * @param mlpOut {@code [d, I]}
   */
  public record Block(
      Branch attention,
      List<String> queryKeyValue,
      String queryKeyBias,
      String queryNorm,
      String keyNorm,
      String attentionOut,
      Branch mlp,
      List<String> gateUp,
      String mlpOut) {

    /** Names of its tensors. */
    Stream<String> names() {
      return Stream.of(
              attention.names(),
              queryKeyValue.stream(),
              Stream.of(queryKeyBias, queryNorm, keyNorm, attentionOut),
              mlp.names(),
              gateUp.stream(),
              Stream.of(mlpOut))
          .flatMap(names -> names)
          .filter(name -> name != null);
    }
  }

  /**
   * {@code x = onSum(x + onBranch(f(before(x))))}, with as many of the three norms as the family
   * has.
   */
  public record Branch(String before, String onBranch, String onSum) {
    private Stream<String> names() {
      return Stream.of(before, onBranch, onSum);
    }
  }

  /**
   * The norm {@code [d]} outside blocks, one set of weights wherever it stands.
   *
   * @param afterStep whether each step ends with it, and the next begins with what it gives
   * @param beforeCoda whether the coda reads the state through it
   * @param atEnd whether the head reads what the coda gives through it
   */
  public record FinalNorm(String weight, boolean afterStep, boolean beforeCoda, boolean atEnd) {}

  /**
   * A trained gate that says after each step how likely thinking is to end there: {@code
   * sigmoid(weight · s + bias)}.
   *
   * @param weight {@code [1, d]}
   * @param bias {@code [1]}
   */
  public record Gate(String weight, String bias) {}

  /** Whether each step is given the input embedding again. */
  public boolean injects() {
    return adapter != null;
  }

  Architecture withTiedHead(boolean tied) {
    return new Architecture(
        family, embedding, stages, block, adapter, start, norm, head, tied, pairs, gate);
  }

  Architecture withStart(Start other) {
    return new Architecture(
        family, embedding, stages, block, adapter, other, norm, head, tiedHead, pairs, gate);
  }

  Architecture withNorm(FinalNorm other) {
    return new Architecture(
        family, embedding, stages, block, adapter, start, other, head, tiedHead, pairs, gate);
  }
}
