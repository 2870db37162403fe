package muninn.kernels;

/** A program that a device has made ready ({@link Device#prepare(Program)}). */
public interface Routine {

  /**
   * Enqueues it over the lanes of a table. On a table without lanes it does nothing.
   *
   * @param lanes of the same device; may be filled anew as soon as this returns
   */
  void run(Lanes lanes);
}
