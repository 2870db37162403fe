package muninn.kernels;

import java.util.List;

/**
 * Work that does nothing but reach for a limit of a device: the yardsticks of its measurements.
 * Takes memory of its own until it is closed.
 */
public interface Ceilings extends AutoCloseable {

  /** What a load reaches for. */
  enum Limit {
    /** Reading memory; an amount is bytes. */
    READ,
    /** Products and their sums, in the type that the device multiplies; an amount is FLOP. */
    MULTIPLY
  }

  /**
   * A piece of such work.
   *
   * @param amount what one run reads or computes
   * @param run enqueues it once
   */
  record Load(String name, Limit limit, long amount, Runnable run) {}

  /** At least one of each limit; the fastest is the ceiling. */
  List<Load> loads();

  @Override
  void close();
}
