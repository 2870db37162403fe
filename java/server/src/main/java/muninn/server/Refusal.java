package muninn.server;

import muninn.wire.ErrorJson;

/**
 * A request is not answered: the status and the object that say why.
 *
 * <p>It is thrown from wherever that is found out to where all errors are written.
 */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient ErrorJson error;

  private Refusal(int status, ErrorJson error) {
    super(error.message(), null, false, false);
    this.status = status;
    this.error = error;
  }

  /** The request makes no sense. */
  static Refusal of(int status, String message) {
    return new Refusal(status, ErrorJson.invalid(message));
  }

  /**
   * The same, with what is to blame.
   *
   * @param param the field; null for none
   */
  static Refusal of(int status, String message, String param, String code) {
    return new Refusal(status, new ErrorJson(message, ErrorJson.INVALID, param, code));
  }

  /** The request may make sense; it cannot be answered, or not now. */
  static Refusal unable(int status, String message, String type, String code) {
    return new Refusal(status, new ErrorJson(message, type, null, code));
  }

  int status() {
    return status;
  }

  ErrorJson error() {
    return error;
  }

  /** Whether the same request may be answered soon. */
  boolean passes() {
    return status == 429 || status == 503;
  }
}
