package muninn.engine;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Completion.Speculated;
import muninn.engine.answer.Completion.Stats;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;

/**
 * The two sides of an answer: the engine's thread says tokens, ticks and the end; any thread hears
 * them as a {@link Generation}.
 */
final class Answer implements Generation {
  private final int promptTokens;
  private final AnswerText text; // null without a tokenizer
  private final Supplier<List<Token>> prompt;
  private final CompletableFuture<Completion> completion = new CompletableFuture<>();
  private final LinkedBlockingQueue<Object> queue = new LinkedBlockingQueue<>();
  private volatile boolean cancelled;
  private Runnable ended = () -> {};
  private Runnable whenCancelled = () -> {};

  // The engine's side.
  private final List<Token> tokens = new ArrayList<>();
  private Heard lastToken; // heard when the completion is there, which tells that it is the last
  private final long submitted = System.nanoTime();
  private long started;
  private long firstToken;
  private long ticks;
  private long waitedTicks;
  private long lanesSeen;
  private long steps;
  private long stepsBefore; // the last tick
  private int cachedTokens;
  private DraftTally guesses; // once it has started

  // The reader's side.
  private volatile Spent spent = Spent.NOTHING;

  private record Heard(Token token, Spent spent) {}

  private record End(Throwable failure) {}

  Answer(int promptTokens, AnswerText text) {
    this(promptTokens, text, List::of);
  }

  /**
   * The same.
   *
   * @param prompt what is told of the prompt, once it is known
   */
  Answer(int promptTokens, AnswerText text, Supplier<List<Token>> prompt) {
    this.promptTokens = promptTokens;
    this.text = text;
    this.prompt = prompt;
  }

  /** Has this run when the answer ends, before anybody hears of that. */
  void whenEnded(Runnable ended) {
    this.ended = ended;
  }

  /** Has this run, on the canceller's thread, when the answer is not wanted any more. */
  void whenCancelled(Runnable action) {
    whenCancelled = action;
  }

  boolean cancelled() {
    return cancelled;
  }

  /** It is in work, maybe again; answers with what has become of its guesses. */
  DraftTally starts(boolean approximate) {
    if (guesses == null) {
      guesses = new DraftTally(approximate);
      started = System.nanoTime();
    }
    return guesses;
  }

  /** From submission to the start. */
  long queuedNanos() {
    return started - submitted;
  }

  /** So many more positions of the prompt were found. */
  void found(int positions) {
    cachedTokens += positions;
  }

  /** Positions of the prompt that were found. */
  int cachedTokens() {
    return cachedTokens;
  }

  /** A lane of this answer took a step. */
  void step() {
    steps++;
  }

  /** A tick passed in which this answer had a lane, one of so many. */
  void tick(int lanes) {
    ticks++;
    lanesSeen += lanes;
    stepsBefore = steps;
  }

  /** A lane of this answer waits for the coda for another tick. */
  void waits() {
    waitedTicks++;
  }

  /**
   * Says a token.
   *
   * @param steps that its position took
   * @param last whether no token can follow, so that nothing need be held back
   * @return whether it completed a stop string
   */
  boolean say(Drawn drawn, int steps, boolean last) {
    String now = "";
    if (text != null) {
      now = text.add(drawn.id());
      if (last) {
        now += text.finish();
      }
    }
    if (tokens.isEmpty()) {
      firstToken = System.nanoTime();
    }
    Token token = new Token(drawn.id(), now, steps, drawn.logProb(), drawn.alternatives());
    tokens.add(token);
    boolean stopped = text != null && text.stopped();
    if (last || stopped) {
      lastToken = new Heard(token, now());
    } else {
      queue.add(new Heard(token, now()));
    }
    return stopped;
  }

  private Spent now() {
    int lanes = (int) (steps - stepsBefore);
    return guesses == null
        ? new Spent(ticks, steps, lanes, 0, 0)
        : new Spent(ticks, steps, lanes, guesses.openedSoFar(), guesses.squashedSoFar());
  }

  /** Ends with what was said; where its text cannot be made, with that. */
  void finish(FinishReason reason) {
    String all = "";
    try {
      if (text != null) {
        text.finish();
        all = text.text();
      }
    } catch (Throwable thrown) {
      fail(thrown);
      return;
    }
    long end = System.nanoTime();
    Stats stats =
        new Stats(
            promptTokens,
            cachedTokens,
            (started == 0 ? end : started) - submitted,
            firstToken == 0 ? 0 : firstToken - submitted,
            end - submitted,
            ticks,
            waitedTicks,
            ticks == 0 ? 0 : (double) lanesSeen / ticks,
            steps,
            guesses == null ? Speculated.NOTHING : guesses.report());
    ended.run();
    completion.complete(new Completion(prompt.get(), List.copyOf(tokens), all, reason, stats));
    if (lastToken != null) {
      queue.add(lastToken);
    }
    queue.add(new End(null));
  }

  void fail(Throwable failure) {
    ended.run();
    queue.add(new End(failure));
    completion.completeExceptionally(failure);
  }

  @Override
  public List<Token> prompt() {
    return prompt.get();
  }

  @Override
  public CompletableFuture<Completion> completion() {
    return completion;
  }

  @Override
  public Spent spent() {
    return spent;
  }

  @Override
  public void cancel() {
    cancelled = true;
    whenCancelled.run();
  }

  @Override
  public Iterator<Token> iterator() {
    return new Iterator<>() {
      private Object head;

      @Override
      public boolean hasNext() {
        if (head == null) {
          head = take();
        }
        if (head instanceof End(Throwable failure) && failure != null) {
          throw new IllegalStateException("the answer failed", failure);
        }
        return head instanceof Heard;
      }

      @Override
      public Token next() {
        if (!hasNext()) {
          throw new NoSuchElementException("the answer has ended");
        }
        Heard heard = (Heard) head;
        head = null;
        spent = heard.spent;
        return heard.token;
      }
    };
  }

  private Object take() {
    try {
      Object head = queue.take();
      if (head instanceof End) {
        queue.add(head); // for iterators to come
      }
      return head;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a token", e);
    }
  }
}
