package muninn.kernels.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import muninn.UserException;

/**
 * The CPU device's threads. {@link #run} splits an operation into parts that any thread may take,
 * so how many threads there are, or how busy, never shows in a result. Between operations the
 * threads spin for a moment before they park, since the next operation usually follows at once.
 */
final class Workers implements AutoCloseable {

  /** One part of an operation; parts are independent of each other. */
  interface Part {
    /**
     * @param part which, from 0
     */
    void run(int part);
  }

  // Half a millisecond or so of Thread.onSpinWait: longer than another thread's last part of an
  // operation takes when weights stream from memory, short enough to leave an idle engine's cores
  // alone. With a tenth of it, 4 threads made 2,400 tokens/s of the bundled model instead of 2,900,
  // since waking a parked thread takes as long as a small operation.
  private static final int SPINS = 20_000;

  private static final class Job {
    final Part part;
    final int parts;
    final AtomicInteger next = new AtomicInteger();
    final AtomicInteger done = new AtomicInteger();
    volatile Throwable failure;

    Job(Part part, int parts) {
      this.part = part;
      this.parts = parts;
    }

    void work() {
      for (int p = next.getAndIncrement(); p < parts; p = next.getAndIncrement()) {
        try {
          part.run(p);
        } catch (Throwable t) {
          failure = t;
        } finally {
          done.incrementAndGet();
        }
      }
    }
  }

  private final ColdStart cold;
  private final Thread[] threads;
  private final AtomicInteger parked = new AtomicInteger();
  private volatile Job job;
  private volatile boolean closed;

  /**
   * @param count threads in all, the caller of {@link #run} among them
   * @param cold until when operations run as plain loops
   */
  Workers(int count, ColdStart cold) {
    this.cold = cold;
    threads = new Thread[count - 1];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          Thread.ofPlatform().daemon().name("muninn-cpu-" + (i + 1)).unstarted(this::serve);
      threads[i].start();
    }
  }

  /** Whether an operation of so many products is to run as plain loops. */
  boolean plain(long products) {
    return cold.plain(products);
  }

  /** Threads in all. */
  int count() {
    return threads.length + 1;
  }

  /** Runs all parts, on the calling thread too, and returns when they are done. */
  void run(int parts, Part part) {
    if (parts <= 1 || threads.length == 0) {
      for (int p = 0; p < parts; p++) {
        part.run(p);
      }
      return;
    }
    Job now = new Job(part, parts);
    job = now;
    if (parked.get() > 0) {
      for (Thread thread : threads) {
        LockSupport.unpark(thread);
      }
    }
    now.work();
    while (now.done.get() < parts) {
      Thread.onSpinWait();
    }
    job = null;
    if (now.failure instanceof UserException refusal) {
      throw refusal; // a file that is read is wrong
    }
    if (now.failure != null) {
      throw new IllegalStateException("an operation failed on the CPU device", now.failure);
    }
  }

  private void serve() {
    Job last = null;
    int spins = 0;
    while (!closed) {
      Job now = job;
      if (now != null && now != last) {
        now.work();
        last = now;
        spins = 0;
      } else if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        park(last);
        spins = 0;
      }
    }
  }

  private void park(Job last) {
    parked.incrementAndGet();
    try {
      Job now = job;
      if (!closed && (now == null || now == last)) {
        LockSupport.park(this);
      }
    } finally {
      parked.decrementAndGet();
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
  }
}
