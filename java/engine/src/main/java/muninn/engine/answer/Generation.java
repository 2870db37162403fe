package muninn.engine.answer;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * An answer under way: tokens as they become final, then the {@link Completion}. Any thread may
 * read it, one at a time; {@link #cancel} and {@link #completion} are safe from all.
 */
public interface Generation extends Iterable<Token>, Pump.Flight<Completion> {

  /**
   * The tokens in order; {@code hasNext} blocks until the next one is final or the answer has
   * ended. One pass over them exists: iterators share their place. Where the last token ends the
   * answer by itself, being the most allowed or the end of a stop string, {@link #completion} is
   * done when it is heard.
   *
   * @throws IllegalStateException from {@code hasNext} when the engine failed or this answer could
   *     not go on; its cause says why
   */
  @Override
  Iterator<Token> iterator();

  /**
   * The prompt's tokens as {@link Completion#prompt} has them; to be asked once a token was heard
   * or the answer has ended.
   */
  default List<Token> prompt() {
    return List.of();
  }

  /**
   * Completes when the answer has ended; exceptionally when the engine failed, with a {@link
   * muninn.UserException} when the model's weights cannot give this answer, or with what the
   * request's own exit rule or observer threw. What depends on it runs on the engine's thread: it
   * must not wait for the engine, nor close it.
   */
  @Override
  CompletableFuture<Completion> completion();

  /** What the answer had taken when the token was said that was heard last. */
  default Spent spent() {
    return Spent.NOTHING;
  }

  /**
   * What an answer has taken so far.
   *
   * @param ticks passes of the core in which it had a lane
   * @param steps recurrence steps of all its lanes, the prompt's among them
   * @param lanes its lanes in the last of these ticks
   * @param opened lanes opened on a guess
   * @param squashed lanes that were thrown away
   */
  record Spent(long ticks, long steps, int lanes, int opened, int squashed) {
    /** Before anything was heard. */
    public static final Spent NOTHING = new Spent(0, 0, 0, 0, 0);
  }

  /** Ends the answer at the next tick with {@link FinishReason#CANCELLED}; what was said stays. */
  @Override
  void cancel();
}
