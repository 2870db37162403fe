package muninn.cuda;

import java.lang.foreign.MemorySegment;

/** Host memory of someone else, pinned until this is closed; see {@link Context#register}. */
public final class RegisteredMemory extends Handle {
  private final MemorySegment segment;

  RegisteredMemory(Context context, MemorySegment segment) {
    super(context, segment.address(), true);
    this.segment = segment;
  }

  public MemorySegment segment() {
    return segment;
  }

  @Override
  void release(long host) {
    context.driver.check("cuMemHostUnregister", context.api.memHostUnregister(host));
  }
}
