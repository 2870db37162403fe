package muninn.server;

import java.util.function.Supplier;

/** What the client at the other end of a connection sends, and whether it still wants answers. */
interface Client extends Supplier<byte[]> {

  /** What comes next; null at the end. */
  @Override
  byte[] get();

  /**
   * Has this run, once, on another thread, if the client goes away, or gives a request up, before
   * that is over. To be called by who handles it, with its body read.
   *
   * @param request its number on the connection
   */
  void whenGone(int request, Runnable action);

  /** A request is over. */
  default void over(int request) {}

  /** The request under way is the last one that is read: the connection ends with its answer. */
  default void last() {}

  /** The connection has ended. */
  default void end() {}
}
