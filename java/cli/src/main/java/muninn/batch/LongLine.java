package muninn.batch;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import muninn.engine.Completion;
import muninn.engine.Generation;
import muninn.engine.Pump;

/**
 * The answer to a line so long that turning it into tokens may take seconds. That happens on
 * another thread, so neither shorter lines nor the writing of answers wait for it.
 */
final class LongLine implements Pump.Flight<Completion> {
  /** Shorter lines become tokens in less than some milliseconds, and keep their order. */
  static final int LEAST_BYTES = 1 << 16;

  private final CompletableFuture<Completion> completion = new CompletableFuture<>();
  private Generation generation;
  private boolean cancelled;

  private LongLine() {}

  /** Begins to answer what a line will ask, as soon as the thread has time for it. */
  static LongLine start(Executor thread, Supplier<Generation> submit) {
    LongLine line = new LongLine();
    thread.execute(() -> line.run(submit));
    return line;
  }

  private void run(Supplier<Generation> submit) {
    try {
      Generation started = submit.get();
      started
          .completion()
          .whenComplete(
              (answer, failure) -> {
                if (failure == null) {
                  completion.complete(answer);
                } else {
                  completion.completeExceptionally(failure);
                }
              });
      synchronized (this) {
        generation = started;
        if (cancelled) {
          started.cancel();
        }
      }
    } catch (Throwable e) {
      completion.completeExceptionally(e);
    }
  }

  @Override
  public CompletableFuture<Completion> completion() {
    return completion;
  }

  @Override
  public synchronized void cancel() {
    cancelled = true;
    if (generation != null) {
      generation.cancel();
    }
  }
}
