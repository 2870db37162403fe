package muninn.kernels;

/**
 * A place in the order of a device's operations, to take the time between two of them; see {@link
 * Device#mark}. To be closed when its time is known: devices use their marks again.
 */
public interface Mark extends AutoCloseable {

  /** Whether the device has come there. */
  boolean passed();

  /** Nanoseconds on the device since an earlier mark of the same device; both must be passed. */
  double nanosSince(Mark earlier);

  @Override
  void close();
}
