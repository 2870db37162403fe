package muninn.engine.answer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/**
 * Keeps a number of jobs in flight: whenever there is room it takes the next one and starts it, and
 * it gives back what became of each. Everything but the work itself happens on the thread that asks
 * for the outcomes, so nothing around a pump needs locks. Jobs are taken one at a time: a million
 * of them take no more memory than those in flight.
 *
 * @param <J> what is to be done
 * @param <A> what comes of it
 */
public final class Pump<J, A> implements Iterator<Pump.Outcome<J, A>>, AutoCloseable {

  /** Work that was started and will end. */
  public interface Flight<A> {
    /** Completes when it has ended. */
    CompletableFuture<A> completion();

    /** Ends it soon; its completion still completes. */
    void cancel();
  }

  /**
   * What became of a job.
   *
   * @param answer null where it failed
   * @param failure what its start threw or its completion failed with; null where it did not
   */
  public record Outcome<J, A>(J job, A answer, Throwable failure) {}

  /** In which order outcomes are given back. */
  public enum Order {
    /** As jobs were taken. Those that ended early wait, and are not in flight meanwhile. */
    AS_TAKEN,
    AS_ENDED
  }

  /** A job from its start until its outcome is given back. */
  private static final class Started<J, A> {
    private final J job;
    private Flight<A> flight;
    private Outcome<J, A> outcome;

    Started(J job) {
      this.job = job;
    }
  }

  private final Iterator<? extends J> jobs;
  private final int most;
  private final Order order;
  private final Function<? super J, ? extends Flight<A>> start;
  private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final Set<Started<J, A>> inFlight = new LinkedHashSet<>();
  private final Deque<Started<J, A>> taken = new ArrayDeque<>();
  private final Queue<Outcome<J, A>> ready = new ArrayDeque<>();
  private volatile boolean draining;
  private volatile boolean stopped;

  /**
   * @param most jobs in flight at once, at least 1
   * @param start begins a job; what it throws is the job's failure
   */
  public Pump(
      Iterator<? extends J> jobs,
      int most,
      Order order,
      Function<? super J, ? extends Flight<A>> start) {
    if (most < 1) {
      throw new IllegalArgumentException("nothing would ever be in flight");
    }
    this.jobs = jobs;
    this.most = most;
    this.order = order;
    this.start = start;
  }

  /**
   * Waits until another outcome is there; false when there will be none.
   *
   * @throws IllegalStateException when the thread is interrupted
   */
  @Override
  public boolean hasNext() {
    while (!stopped) {
      for (Runnable event = events.poll(); event != null; event = events.poll()) {
        event.run();
      }
      if (!ready.isEmpty()) {
        return !stopped;
      }
      if (inFlight.size() < most && !draining && jobs.hasNext()) {
        take(jobs.next());
      } else if (inFlight.isEmpty()) {
        return false;
      } else {
        await();
      }
    }
    return false;
  }

  @Override
  public Outcome<J, A> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.remove();
  }

  /** Takes no further job; those in flight are still given back. Safe from any thread. */
  public void drain() {
    draining = true;
  }

  /** Gives back nothing more, however long the work would have taken. Safe from any thread. */
  public void stop() {
    stopped = true;
    events.add(() -> {});
  }

  /** Whether {@link #stop} was called. */
  public boolean isStopped() {
    return stopped;
  }

  /** Cancels what is still in flight. */
  @Override
  public void close() {
    stopped = true;
    inFlight.forEach(started -> started.flight.cancel());
    inFlight.clear();
  }

  private void take(J job) {
    Started<J, A> started = new Started<>(job);
    taken.add(started);
    try {
      started.flight = start.apply(job);
    } catch (RuntimeException e) {
      end(started, null, e);
      return;
    }
    inFlight.add(started);
    started
        .flight
        .completion()
        .whenComplete((answer, failure) -> events.add(() -> end(started, answer, failure)));
  }

  private void end(Started<J, A> started, A answer, Throwable failure) {
    boolean wrapped = failure instanceof CompletionException && failure.getCause() != null;
    started.outcome = new Outcome<>(started.job, answer, wrapped ? failure.getCause() : failure);
    inFlight.remove(started);
    if (order == Order.AS_ENDED) {
      taken.remove(started);
      ready.add(started.outcome);
      return;
    }
    while (!taken.isEmpty() && taken.getFirst().outcome != null) {
      ready.add(taken.removeFirst().outcome);
    }
  }

  private void await() {
    try {
      events.take().run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for answers", e);
    }
  }
}
