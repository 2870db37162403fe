package muninn.engine.answer;

import java.util.Locale;

/** Why an answer ended. */
public enum FinishReason {
  /** A stop token or stop string. */
  STOP,
  /** {@code maxTokens} reached, or the model's {@code block_size}. */
  LENGTH,
  /** {@link Generation#cancel} was called, or the engine was closed. */
  CANCELLED;

  /** The name in machine-readable output: {@code stop}, {@code length}, {@code cancelled}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
