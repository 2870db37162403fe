package muninn.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Sees an engine at work, on the engine's own thread, of several devices on each one's: what it is
 * told, it is told in the order in which it happens, and while it listens nothing else goes on. A
 * monitor that throws is told nothing more; what it threw goes to the thread's {@linkplain
 * Thread.UncaughtExceptionHandler handler of uncaught exceptions}, and the answers go on.
 */
public interface Monitor {

  /** Nobody. */
  Monitor NONE = new Monitor() {};

  /** Which passes a lane takes. */
  enum Pass {
    /** The prelude, and where latents start from. */
    OPEN,
    /** A step of the core. */
    THINK,
    /** The coda, to leave keys there. */
    CODA,
    /** What is left of it for those that speak, the head, and a draw. */
    SPEAK
  }

  /** There is work again, after {@link #idle} or at first. */
  default void busy() {}

  /** Nothing is left to do; the device has done all. */
  default void idle() {}

  /** A tick is about to be planned. */
  default void tickBegins() {}

  /**
   * A pass is about to be enqueued; of {@link Pass#CODA} and {@link Pass#SPEAK} both are told
   * ahead.
   *
   * @param lanes whom it takes
   */
  default void pass(Pass pass, LanesSeen lanes) {}

  /** All of a tick is enqueued; what it says may still be on its way. */
  default void tickEnds(Tick tick) {}

  /** A request was taken in. */
  default void admitted(Admission admission) {}

  /** Memory was short: a request gave up what it held, and waits for its place anew. */
  default void setBack(SetBack request) {}

  /** All of a prompt is in work or was found. */
  default void prompted(Prompt prompt) {}

  /** A position has left, with its last token. */
  default void left(Left exit) {}

  /** Positions that were opened on a wrong guess were thrown away. */
  default void squashed(Squash squash) {}

  /**
   * The lanes of a pass.
   *
   * @param count how many
   * @param prompt how many of them are positions of prompts
   * @param attended positions that all of them together attend to, themselves included
   * @param distinct positions whose keys and values must be read for that, each once: lanes of one
   *     sequence share them where they are at one step
   */
  record LanesSeen(int count, int prompt, long attended, long distinct) {}

  /**
   * One tick.
   *
   * @param thinking lanes that took a step
   * @param running requests in work
   * @param waiting requests that are not
   * @param pages where the engine's KV pages are
   */
  record Tick(int thinking, int running, int waiting, Pages pages) {}

  /**
   * KV pages of an engine.
   *
   * @param total all of them
   * @param reserved those that requests in work have set aside, those that they hold among them
   * @param held those that requests in work read or write
   * @param cached those that only wait to be found again, or for somebody who wants their memory
   * @param byDepth those held and cached, by what they are for: first prelude and coda, then each
   *     recurrence step, or group of steps that share keys, as far as any was ever reached
   */
  record Pages(int total, int reserved, int held, int cached, List<Integer> byDepth) {
    public Pages {
      byDepth = List.copyOf(byDepth);
    }

    /** These and those of another engine. */
    public Pages plus(Pages other) {
      List<Integer> both = new ArrayList<>();
      for (int i = 0; i < Math.max(byDepth.size(), other.byDepth.size()); i++) {
        both.add(at(byDepth, i) + at(other.byDepth, i));
      }
      return new Pages(
          total + other.total,
          reserved + other.reserved,
          held + other.held,
          cached + other.cached,
          both);
    }

    private static int at(List<Integer> counts, int i) {
      return i < counts.size() ? counts.get(i) : 0;
    }
  }

  /**
   * A request taken in.
   *
   * @param slot its place among those in work
   * @param queuedNanos since its submission
   */
  record Admission(int slot, int promptTokens, int steps, long queuedNanos) {}

  /**
   * A request set back.
   *
   * @param slot its place, which is free
   * @param tokens of its prompt and of what it has said, which will be thought about again as far
   *     as they are not found
   */
  record SetBack(int slot, int tokens) {}

  /**
   * A prompt.
   *
   * @param cached positions whose keys and values other requests had left
   */
  record Prompt(int slot, int tokens, int cached) {}

  /**
   * A position that left.
   *
   * @param steps that it took
   * @param budget that it might have taken
   */
  record Left(int slot, int position, int steps, int budget) {}

  /**
   * Positions thrown away.
   *
   * @param position the first of them
   * @param lanes how many
   */
  record Squash(int slot, int position, int lanes) {}
}
