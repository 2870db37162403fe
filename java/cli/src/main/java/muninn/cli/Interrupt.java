package muninn.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM. A command that has something to end well names it; the signal then runs that,
 * and the process waits for the command to finish its output before it exits with 128 + the
 * signal's number (130 for Ctrl-C). Without such an action the process ends at once.
 */
final class Interrupt {
  /** Exit code of a command ended by Ctrl-C. */
  static final int EXIT_CODE = 130;

  private static final int PATIENCE_SECONDS = 10;

  private final CountDownLatch ended = new CountDownLatch(1);
  private Runnable action;
  private boolean raised;

  /** Listens to the signals of this process. */
  static Interrupt ofProcess() {
    Interrupt interrupt = new Interrupt();
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

  /** The signal. */
  synchronized void raise() {
    raised = true;
    if (action != null) {
      action.run();
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
