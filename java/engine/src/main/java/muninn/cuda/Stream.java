package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * A queue of copies and kernels that the device works off in order. Every method but the waiting
 * ones returns at once. Host memory in a copy must stay until the stream has passed it, and copies
 * are asynchronous only from and to pinned memory.
 */
public final class Stream extends Handle {
  /** Of all capture modes the one that lets other threads go on with their own GPUs. */
  private static final int CAPTURE_THREAD_LOCAL = 1;

  Stream(Context context, long handle, boolean owned) {
    super(context, handle, owned);
  }

  // Copies

  /** From the host to the device, all of {@code from}. */
  public void upload(MemorySegment from, DeviceMemory to, long offset) {
    Context.requireLive(from);
    context.driver.check(
        "cuMemcpyHtoDAsync",
        context.api.memcpyHtoDAsync(
            to.at(offset, from.byteSize()), from.address(), from.byteSize(), value()));
  }

  /** From the device to the host, all that {@code to} takes. */
  public void download(DeviceMemory from, long offset, MemorySegment to) {
    Context.requireLive(to);
    if (to.isReadOnly()) {
      throw new IllegalArgumentException("host memory to copy to is read-only");
    }
    context.driver.check(
        "cuMemcpyDtoHAsync",
        context.api.memcpyDtoHAsync(
            to.address(), from.at(offset, to.byteSize()), to.byteSize(), value()));
  }

  /** Within the device. */
  public void copy(DeviceMemory from, long fromOffset, DeviceMemory to, long toOffset, long bytes) {
    context.driver.check(
        "cuMemcpyDtoDAsync",
        context.api.memcpyDtoDAsync(
            to.at(toOffset, bytes), from.at(fromOffset, bytes), bytes, value()));
  }

  /** The same between addresses. */
  public void copy(long from, long to, long bytes) {
    context.driver.check(
        "cuMemcpyDtoDAsync", context.api.memcpyDtoDAsync(to, from, bytes, value()));
  }

  /** Sets bytes. */
  public void fill(DeviceMemory to, long offset, long bytes, byte value) {
    context.driver.check(
        "cuMemsetD8Async", context.api.memsetD8Async(to.at(offset, bytes), value, bytes, value()));
  }

  /** Sets {@code count} 32-bit words. */
  public void fillInts(DeviceMemory to, long offset, long count, int value) {
    long bytes = Math.multiplyExact(count, (long) Integer.BYTES);
    context.driver.check(
        "cuMemsetD32Async",
        context.api.memsetD32Async(to.at(offset, bytes), value, count, value()));
  }

  // Kernels

  /** Enqueues the arguments' kernel; they are read before this returns and may be set anew. */
  public void launch(Launch launch, KernelArguments arguments) {
    Kernel kernel = arguments.kernel();
    long function = kernel.handle();
    int code =
        !launch.attributes().isEmpty()
            ? context.api.launchKernelEx(
                context.launchConfig().of(launch, value()), function, arguments.address(), 0)
            : context.api.launchKernel(
                function,
                launch.gridX(),
                launch.gridY(),
                launch.gridZ(),
                launch.blockX(),
                launch.blockY(),
                launch.blockZ(),
                launch.sharedBytes(),
                value(),
                arguments.address());
    if (code != 0) {
      String call = launch.attributes().isEmpty() ? "cuLaunchKernel" : "cuLaunchKernelEx";
      throw context.driver.failure(
          String.format(Locale.ROOT, "%s of %s with %s", call, kernel.name(), launch), code);
    }
  }

  // Order

  /** Marks this place in the stream. */
  public void record(Event event) {
    context.driver.check("cuEventRecord", context.api.eventRecord(event.value(), value()));
  }

  /** What is enqueued from now on starts when the other stream has passed the event. */
  public void await(Event event) {
    context.driver.check(
        "cuStreamWaitEvent", context.api.streamWaitEvent(value(), event.value(), 0));
  }

  /** Whether all that was enqueued is done. */
  public boolean isDone() {
    return context.isDone("cuStreamQuery", context.api.streamQuery(value()));
  }

  /** Waits until all that was enqueued is done. */
  public void synchronize() {
    context.driver.check("cuStreamSynchronize", context.api.streamSynchronize(value()));
  }

  // Graphs

  /**
   * Records instead of running: what {@code work} enqueues here, and on streams that it joins by
   * events, becomes a graph. Nothing in it may wait or allocate. When it fails, the recording is
   * ended and thrown away.
   */
  public Graph capture(Runnable work) {
    context.driver.check(
        "cuStreamBeginCapture", context.api.streamBeginCapture(value(), CAPTURE_THREAD_LOCAL));
    try {
      work.run();
    } catch (Throwable e) {
      if (context.api.streamEndCapture(value(), context.scratch.address()) == 0
          && context.answer() != 0) {
        new Graph(context, context.answer()).close();
      }
      throw e;
    }
    context.driver.check(
        "cuStreamEndCapture", context.api.streamEndCapture(value(), context.scratch.address()));
    return new Graph(context, context.answer());
  }

  /** Whether it records at the moment, so that nothing may wait or allocate. */
  public boolean isCapturing() {
    context.driver.check(
        "cuStreamIsCapturing", context.api.streamIsCapturing(value(), context.scratch.address()));
    return context.scratch.get(JAVA_INT, 0) != 0;
  }

  /** Enqueues a whole graph. */
  public void launch(GraphExec graph) {
    context.driver.check("cuGraphLaunch", context.api.graphLaunch(graph.value(), value()));
  }

  /** The CUstream, for other CUDA code of this process. */
  public long handle() {
    return value();
  }

  @Override
  void release(long handle) {
    context.driver.check("cuStreamDestroy", context.api.streamDestroy(handle));
  }
}
