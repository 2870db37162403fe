package muninn.kernels;

/**
 * An operation whose results the host reads, made ready by a device.
 *
 * @param <R> the results on their way to the host, to be awaited once they are wanted; each must
 *     be, sooner or later
 */
public interface Reading<R> {

  /** Enqueues it over the lanes of a table; without lanes there are no results to wait for. */
  R run(Lanes lanes);
}
