package muninn.cuda;

/**
 * Something of a context that lives until it is closed, by itself or with the context. Closing it a
 * second time does nothing.
 */
abstract sealed class Handle implements AutoCloseable
    permits DeviceMemory,
        PinnedMemory,
        RegisteredMemory,
        Stream,
        Event,
        CudaModule,
        Graph,
        GraphExec,
        Blas,
        Matmul {
  final Context context;
  private final long value;
  private final boolean owned;
  private boolean closed;

  /**
   * @param owned false for what someone else will free
   */
  Handle(Context context, long value, boolean owned) {
    this.context = context;
    this.value = value;
    this.owned = owned;
    if (owned) {
      context.add(this);
    }
  }

  /**
   * What the driver knows it by.
   *
   * @throws IllegalStateException when it is closed, or on another thread than the context's
   */
  final long value() {
    context.checkOwner();
    if (closed) {
      throw new IllegalStateException(getClass().getSimpleName() + " is closed");
    }
    return value;
  }

  /** Frees it; at once for the host, and for the device when what was enqueued has used it. */
  @Override
  public final void close() {
    if (closed || !owned) {
      closed = true;
      return;
    }
    context.checkOwner();
    closed = true;
    context.remove(this);
    release(value);
  }

  /** Gives it back to the driver. */
  abstract void release(long value);
}
