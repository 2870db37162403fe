package muninn.engine.request;

import java.util.Locale;

/**
 * What a position after the prompt starts from: a latent of its own, or the final one of the
 * position before it (continuous chain of thought), as the core left it or as the coda reads it. In
 * a model that has no norm before its coda the two are one.
 */
public enum Continuous {
  /** A latent of its own. */
  NONE,
  /** {@link #STATE} with an exit rule and {@link #NORMED} without, as the published loops do. */
  PUBLISHED,
  /** The final latent after {@code ln_f}, where the model has that before its coda. */
  NORMED,
  /** The final latent as it is. */
  STATE;

  /** What {@link #parse} reads, for a user to see. */
  static final String FORMS = "published, normed or state";

  /**
   * Reads what is handed on.
   *
   * @throws IllegalArgumentException saying what is wrong and what is wanted
   */
  static Continuous parse(String name) {
    return switch (name) {
      case "published" -> PUBLISHED;
      case "normed" -> NORMED;
      case "state" -> STATE;
      default ->
          throw new IllegalArgumentException(
              "'" + name + "' is no state to start from, wanted " + FORMS);
    };
  }

  /** What {@link #parse} reads. */
  String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
