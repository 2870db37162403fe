package muninn.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What the calls of a kernel got done. JMH prints its counters below the calls a second, as rates:
 * {@code gmacs} is GMAC/s and {@code gbytes} GB/s, with a giga of 10⁹.
 */
@AuxCounters
@State(Scope.Thread)
public class KernelRates {
  /** 10⁹ products, each a multiplication and an addition. */
  public double gmacs;

  /** 10⁹ bytes that a call has to move at least: everything read or written, once. */
  public double gbytes;

  /** One call more. */
  void add(long products, long bytes) {
    gmacs += products * 1e-9;
    gbytes += bytes * 1e-9;
  }
}
