package muninn.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;

/**
 * Ctrl-C and SIGTERM. A command that has something to end well names it; the signal then runs that,
 * and the process waits for the command to finish its output before it exits with 128 + the
 * signal's number (130 for Ctrl-C). Without such an action the process ends at once. A command may
 * name two: the first Ctrl-C then begins a slow end, which the second cuts short; SIGTERM, which
 * comes once, does what the second does.
 */
final class Interrupt {
  /** Exit code of a command ended by Ctrl-C. */
  static final int EXIT_CODE = 130;

  private static final int PATIENCE_SECONDS = 10;

  private final CountDownLatch ended = new CountDownLatch(1);
  private boolean ofProcess;
  private final AtomicInteger presses = new AtomicInteger();
  private volatile Runnable first; // where there are two
  private Runnable action;
  private boolean raised;

  /** Listens to the signals of this process. */
  static Interrupt ofProcess() {
    Interrupt interrupt = new Interrupt();
    interrupt.ofProcess = true;
    Runtime.getRuntime().addShutdownHook(new Thread(interrupt::onShutdown, "interrupt"));
    return interrupt;
  }

  /** How long an action is in force. */
  interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  /** What the signal does until the scope is closed; done at once when it has come already. */
  Scope during(Runnable action) {
    untilEnd(action);
    return this::clear;
  }

  /** What the signal does from now on; the process then waits for the command's last words. */
  synchronized void untilEnd(Runnable action) {
    this.action = action;
    if (raised) {
      action.run();
    }
  }

  /**
   * What the first Ctrl-C does, which lets the command go on to an end of its choice, and what the
   * second does.
   */
  void untilEnd(Runnable first, Runnable second) {
    this.first = first;
    untilEnd(second);
    if (ofProcess) {
      Signals.register("INT", this::pressed);
    }
  }

  /** The signal that ends a command. */
  synchronized void raise() {
    raised = true;
    if (action != null) {
      action.run();
    }
  }

  /** Ctrl-C, where there are two actions; a third one waits for nothing. */
  void pressed() {
    switch (presses.incrementAndGet()) {
      case 1 -> first.run();
      case 2 -> raise();
      default -> Runtime.getRuntime().halt(EXIT_CODE);
    }
  }

  synchronized boolean raised() {
    return raised;
  }

  /** The command has finished; the process may go. */
  void ended() {
    ended.countDown();
  }

  private synchronized void clear() {
    action = null;
  }

  private synchronized boolean endsWell() {
    return action != null;
  }

  private void onShutdown() {
    if (ended.getCount() == 0) {
      return;
    }
    boolean wait = endsWell();
    raise();
    if (wait) {
      try {
        ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
