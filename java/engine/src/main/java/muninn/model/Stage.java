package muninn.model;

/** The parts of a recurrent-depth model that own weights, in the order a token meets them. */
public enum Stage {
  /** {@code [V, d]}. */
  EMBEDDING,
  PRELUDE,
  /** {@code [d, 2d]}: state and input embedding to state. */
  ADAPTER,
  CORE,
  CODA,
  /** The norm outside blocks. */
  FINAL_NORM,
  /** A trained exit gate, where there is one. */
  GATE,
  /** {@code [V, d]}, where it is not the embedding. */
  HEAD;

  /** How many blocks of this stage the model has; 0 for the stages that are not made of blocks. */
  public int blocks(Config config) {
    return switch (this) {
      case PRELUDE -> config.prelude();
      case CORE -> config.core();
      case CODA -> config.coda();
      case EMBEDDING, ADAPTER, FINAL_NORM, GATE, HEAD -> 0;
    };
  }
}
