package muninn.kernels.cuda;

/** An operation of a program made ready: its kernels are chosen, and their arguments bound. */
interface Prepared {

  /**
   * Does for launches of this size what must not happen while a stream records: takes memory, lets
   * a library choose. To be called before the first such launch; again it costs nothing.
   */
  default void reserve(CudaLanes.Grid grid) {}

  /** Enqueues it for the lanes of a table that is on the device, which has at least one. */
  void enqueue(CudaLanes lanes);
}
