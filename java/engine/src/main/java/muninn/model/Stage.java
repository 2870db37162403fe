package muninn.model;

/** The parts of a recurrent-depth model that own weights, in the order a token meets them. */
public enum Stage {
  EMBEDDING("wte"),
  PRELUDE("prelude"),
  ADAPTER("adapter"),
  CORE("core_block"),
  CODA("coda"),
  FINAL_NORM("ln_f");

  private final String prefix;

  Stage(String name) {
    this.prefix = "transformer." + name;
  }

  /** How this stage's tensors begin in a checkpoint, e.g. {@code transformer.core_block}. */
  public String prefix() {
    return prefix;
  }

  /** How many blocks of this stage the model has; 0 for the stages that are not made of blocks. */
  public int blocks(Config config) {
    return switch (this) {
      case PRELUDE -> config.prelude();
      case CORE -> config.core();
      case CODA -> config.coda();
      case EMBEDDING, ADAPTER, FINAL_NORM -> 0;
    };
  }
}
