package muninn.wire;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import muninn.engine.answer.Pump;

/**
 * The answers to a line so long that turning it into tokens may take seconds. That happens on
 * another thread, so neither shorter lines nor the writing of answers wait for it.
 */
final class LongLine<A> implements Pump.Flight<A> {
  /** Shorter lines become tokens in less than some milliseconds, and keep their order. */
  static final int LEAST_BYTES = 1 << 16;

  private final CompletableFuture<A> completion = new CompletableFuture<>();
  private Pump.Flight<A> flight;
  private boolean cancelled;

  private LongLine() {}

  /** Begins to answer what a line will ask, as soon as the thread has time for it. */
  static <A> LongLine<A> start(Executor thread, Supplier<Pump.Flight<A>> submit) {
    LongLine<A> line = new LongLine<>();
    thread.execute(() -> line.run(submit));
    return line;
  }

  private void run(Supplier<Pump.Flight<A>> submit) {
    try {
      Pump.Flight<A> started = submit.get();
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
        flight = started;
        if (cancelled) {
          started.cancel();
        }
      }
    } catch (Throwable e) {
      completion.completeExceptionally(e);
    }
  }

  @Override
  public CompletableFuture<A> completion() {
    return completion;
  }

  @Override
  public synchronized void cancel() {
    cancelled = true;
    if (flight != null) {
      flight.cancel();
    }
  }
}
