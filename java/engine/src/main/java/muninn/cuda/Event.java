package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** A mark in a stream; see {@link Stream#record}. */
public final class Event extends Handle {
  private final boolean timed;

  Event(Context context, long handle, boolean timed) {
    super(context, handle, true);
    this.timed = timed;
  }

  /** Whether the stream has passed it; true before it is recorded. */
  public boolean isDone() {
    return context.isDone("cuEventQuery", context.api.eventQuery(value()));
  }

  /** Waits until the stream has passed it. */
  public void synchronize() {
    context.driver.check("cuEventSynchronize", context.api.eventSynchronize(value()));
  }

  /** Milliseconds on the device from one mark to this one; both must have been passed. */
  public float millisSince(Event start) {
    if (!timed || !start.timed) {
      throw new IllegalStateException("an event without time; make it with Context.event()");
    }
    context.driver.check(
        "cuEventElapsedTime",
        context.api.eventElapsedTime(context.scratch.address(), start.value(), value()));
    return context.scratch.get(JAVA_FLOAT, 0);
  }

  /** The CUevent. */
  public long handle() {
    return value();
  }

  @Override
  void release(long handle) {
    context.driver.check("cuEventDestroy", context.api.eventDestroy(handle));
  }
}
