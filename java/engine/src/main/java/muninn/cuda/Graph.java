package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

/** What a stream recorded; see {@link Stream#capture}. */
public final class Graph extends Handle {
  Graph(Context context, long handle) {
    super(context, handle, true);
  }

  /** Kernels and copies in it, and whatever else it does. */
  public long nodes() {
    context.driver.check(
        "cuGraphGetNodes", context.api.graphGetNodes(value(), 0, context.scratch.address()));
    return context.scratch.get(JAVA_LONG, 0);
  }

  /** Makes it ready to be launched any number of times; the recording itself may then be closed. */
  public GraphExec instantiate() {
    context.driver.check(
        "cuGraphInstantiate", context.api.graphInstantiate(context.scratch.address(), value(), 0));
    return new GraphExec(context, context.answer());
  }

  @Override
  void release(long handle) {
    context.driver.check("cuGraphDestroy", context.api.graphDestroy(handle));
  }
}
