package muninn.engine;

/**
 * An engine refuses a request because as many wait already as {@link EngineOptions#maxQueued}
 * allows. The request may be submitted again later; a server answers with 429.
 */
public final class QueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  QueueFullException(String message) {
    super(message);
  }
}
