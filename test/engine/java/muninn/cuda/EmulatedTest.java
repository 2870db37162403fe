package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import muninn.UserException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The bindings on a device that computes: kernels run, and what they leave comes back. */
class EmulatedTest {
  private static final int N = 1000;

  private final Arena arena = Arena.ofConfined();
  private Context context;
  private Stream stream;
  private CudaModule module;

  @BeforeEach
  void open() {
    context = Emulated.driver().gpu(0).open();
    stream = context.stream();
    module = Emulated.selftest(context);
  }

  @AfterEach
  void close() {
    arena.close();
    if (context != null) {
      context.close();
    }
  }

  /** {@code out[i] = x[n − 1 − i]} by way of {@code 4 · n} bytes of dynamic shared memory. */
  private KernelArguments reverse(DeviceMemory x, DeviceMemory out, int n) {
    return module
        .kernel("selftest_reverse")
        .arguments(JAVA_LONG, JAVA_LONG, JAVA_INT)
        .set(0, x)
        .set(1, out)
        .set(2, n);
  }

  private DeviceMemory upload(int... values) {
    DeviceMemory memory = context.allocate(4L * values.length);
    stream.upload(arena.allocateFrom(JAVA_INT, values), memory, 0);
    return memory;
  }

  private int[] download(DeviceMemory memory) {
    MemorySegment host = arena.allocate(memory.bytes(), 4);
    stream.download(memory, 0, host);
    stream.synchronize();
    return host.toArray(JAVA_INT);
  }

  private static int[] count(int n) {
    return IntStream.range(0, n).toArray();
  }

  private static int[] countDown(int n) {
    return IntStream.range(0, n).map(i -> n - 1 - i).toArray();
  }

  @Test
  void a_kernel_computes_what_its_arguments_say() {
    MemorySegment x = context.pinned(4 * N).segment();
    MemorySegment y = context.pinned(4 * N).segment();
    for (int i = 0; i < N; i++) {
      x.setAtIndex(JAVA_FLOAT, i, i);
      y.setAtIndex(JAVA_FLOAT, i, 0.5F);
    }
    DeviceMemory all = context.allocate(3 * 4 * N);
    DeviceMemory out = all.slice(2 * 4 * N, 4 * N);
    stream.upload(x, all, 0);
    stream.upload(y, all, 4 * N);
    KernelArguments arguments =
        module
            .kernel("selftest_axpy")
            .arguments(JAVA_FLOAT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT)
            .set(0, -2F)
            .set(1, all)
            .set(2, all.slice(4 * N, 4 * N))
            .set(3, out)
            .set(4, N);
    stream.launch(Launch.of(4, 256), arguments);
    stream.download(out, 0, x);
    stream.synchronize();
    for (int i = 0; i < N; i++) {
      assertThat(x.getAtIndex(JAVA_FLOAT, i)).isEqualTo(0.5F - 2 * i);
    }
  }

  @Test
  void shared_memory_is_as_much_as_the_launch_asks_for() {
    DeviceMemory out = context.allocate(4 * N);
    KernelArguments arguments = reverse(upload(count(N)), out, N);
    stream.launch(Launch.of(1, 128).withSharedBytes(4 * N), arguments);
    assertThat(download(out)).isEqualTo(countDown(N));
    // Beyond 48 KiB it has to be allowed.
    int large = 50_000;
    DeviceMemory largeOut = context.allocate(4L * large);
    arguments.set(0, upload(count(large))).set(1, largeOut).set(2, large);
    Launch launch = Launch.of(1, 128).withSharedBytes(4 * large);
    assertThatThrownBy(() -> stream.launch(launch, arguments))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining(
            "cuLaunchKernel of selftest_reverse with grid 1×1×1, block 128×1×1, 200000 bytes of"
                + " shared memory failed with ");
    arguments.kernel().allowSharedBytes(4 * large);
    stream.launch(launch, arguments);
    assertThat(download(largeOut)).isEqualTo(countDown(large));
  }

  /** {@code out[i] = x[i] + 1}, after waiting for the kernel before. */
  @Test
  void a_programmatic_launch_computes_what_a_plain_one_does() {
    DeviceMemory memory = upload(new int[64]);
    KernelArguments arguments =
        module
            .kernel("prim_dependent")
            .arguments(JAVA_LONG, JAVA_LONG)
            .set(0, memory)
            .set(1, memory);
    Launch launch = Launch.of(1, 64);
    stream.launch(launch, arguments);
    stream.launch(launch.with(LaunchAttribute.PROGRAMMATIC), arguments);
    MemorySegment host = arena.allocate(4 * 64, 4);
    stream.download(memory, 0, host);
    stream.synchronize();
    assertThat(host.toArray(JAVA_FLOAT)).containsOnly(2F);
  }

  @Test
  void a_programmatic_launch_arrives_as_one() {
    DeviceMemory x = upload(count(N));
    DeviceMemory out = context.allocate(4 * N);
    Launch launch = Launch.of(1, 64).withSharedBytes(4 * N).with(LaunchAttribute.PROGRAMMATIC);
    KernelArguments arguments = reverse(x, out, N);
    // This kernel writes without waiting for its predecessor, as one launched so must: that is
    // seen.
    assertThatThrownBy(() -> stream.launch(launch, arguments))
        .isInstanceOf(CudaException.class)
        .hasMessageStartingWith(
            "cuLaunchKernelEx of selftest_reverse with grid 1×1×1, block 64×1×1")
        .hasMessageContaining("before the grid dependency wait");
    assertThatThrownBy(context::close).isInstanceOf(CudaException.class);
  }

  @Test
  void a_kernel_without_arguments_is_launched() {
    stream.launch(Launch.of(2, 32), module.kernel("selftest_empty").arguments());
    stream.synchronize();
    assertThat(stream.isDone()).isTrue();
  }

  @Test
  void kernels_reach_pinned_memory_by_themselves() {
    PinnedMemory pinned = context.pinned(8 * N);
    MemorySegment.copy(count(N), 0, pinned.segment(), JAVA_INT, 0, N);
    KernelArguments arguments =
        reverse(
            context.borrowMemory(pinned.deviceAddress(), 4 * N),
            context.borrowMemory(pinned.deviceAddress() + 4 * N, 4 * N),
            N);
    stream.launch(Launch.of(1, 64).withSharedBytes(4 * N), arguments);
    stream.synchronize();
    assertThat(pinned.segment().asSlice(4 * N).toArray(JAVA_INT)).isEqualTo(countDown(N));
  }

  @Test
  void host_memory_can_be_pinned_for_a_while() {
    MemorySegment host = arena.allocateFrom(JAVA_INT, count(N));
    DeviceMemory memory = context.allocate(4 * N);
    try (RegisteredMemory registered = context.register(host)) {
      stream.upload(registered.segment(), memory, 0);
      stream.synchronize();
    }
    assertThat(download(memory)).isEqualTo(count(N));
  }

  @Test
  void copies_and_fills_within_the_device_touch_what_they_name() {
    DeviceMemory memory = context.allocate(16);
    stream.fill(memory, 0, 16, (byte) 1);
    stream.fillInts(memory, 4, 2, -7);
    stream.copy(memory, 4, memory, 12, 4);
    assertThat(download(memory)).containsExactly(0x01010101, -7, -7, -7);
  }

  @Test
  void a_graph_repeats_what_was_recorded_with_the_memory_of_its_time() {
    PinnedMemory in = context.pinned(4 * N);
    DeviceMemory x = context.allocate(4 * N);
    DeviceMemory out = context.allocate(4 * N);
    Launch launch = Launch.of(1, 64).withSharedBytes(4 * N);
    KernelArguments arguments = reverse(x, out, N);
    Graph graph =
        stream.capture(
            () -> {
              stream.upload(in.segment(), x, 0);
              stream.launch(launch, arguments);
            });
    assertThat(graph.nodes()).isEqualTo(2);
    GraphExec exec = graph.instantiate();
    graph.close();
    exec.upload(stream);
    for (int factor = 1; factor <= 2; factor++) {
      int step = factor;
      int[] values = Arrays.stream(count(N)).map(i -> step * i).toArray();
      MemorySegment.copy(values, 0, in.segment(), JAVA_INT, 0, N);
      stream.launch(exec);
      assertThat(download(out)[0]).isEqualTo(values[N - 1]);
    }
    // Another recording's arguments: only the first 10 are reversed, elsewhere.
    DeviceMemory other = context.allocate(40);
    Graph changed =
        stream.capture(
            () -> {
              stream.upload(in.segment(), x, 0);
              stream.launch(launch, arguments.set(1, other).set(2, 10));
            });
    assertThat(exec.update(changed)).isTrue();
    stream.launch(exec);
    assertThat(download(other)).containsExactly(18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    Graph shorter = stream.capture(() -> stream.launch(launch, arguments));
    assertThat(exec.update(shorter)).isFalse();
  }

  @Test
  void waiting_inside_a_recording_ends_it_with_an_error() {
    assertThatThrownBy(() -> stream.capture(stream::synchronize))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED (900)")
        .hasMessageContaining("while a stream was recorded");
    // And the stream can be used again.
    assertThat(download(upload(1, 2))).containsExactly(1, 2);
  }

  @Test
  void streams_wait_for_events_and_events_have_times() {
    Stream other = context.stream();
    Event start = context.event();
    Event end = context.event();
    stream.record(start);
    DeviceMemory memory = upload(count(N));
    stream.record(end);
    other.await(end);
    MemorySegment host = arena.allocate(4 * N, 4);
    other.download(memory, 0, host);
    other.synchronize();
    assertThat(host.toArray(JAVA_INT)).isEqualTo(count(N));
    end.synchronize();
    assertThat(end.isDone()).isTrue();
    assertThat(end.millisSince(start)).isNotNegative();
  }

  @Test
  void the_device_describes_itself() {
    Gpu gpu = context.gpu();
    assertThat(gpu.capability()).isEqualTo(90);
    assertThat(gpu.attribute(Gpu.Attribute.WARP_SIZE)).isEqualTo(32);
    assertThat(gpu.attribute(Gpu.Attribute.MULTIPROCESSORS)).isPositive();
    assertThat(gpu.totalBytes()).isEqualTo(context.memory().totalBytes());
    Kernel kernel = module.kernel("selftest_sum");
    assertThat(kernel.attribute(Kernel.Attribute.MAX_THREADS_PER_BLOCK)).isEqualTo(256);
    assertThat(kernel.blocksPerMultiprocessor(256, 0)).isBetween(1, 32);
  }

  @Test
  void free_memory_shrinks_and_grows_by_what_is_allocated() {
    long before = context.memory().freeBytes();
    DeviceMemory memory = context.allocate(1 << 20);
    assertThat(context.memory().freeBytes()).isLessThanOrEqualTo(before - (1 << 20));
    memory.close();
    assertThat(context.memory().freeBytes()).isEqualTo(before);
  }

  @Test
  void a_full_device_says_the_bytes_wanted_and_had() {
    long wanted = 2 * context.memory().totalBytes();
    assertThatThrownBy(() -> context.allocate(wanted))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its memory is full: %d bytes (", wanted);
    // And the device goes on.
    assertThat(download(upload(5))).containsExactly(5);
  }

  @Test
  void kernels_for_another_architecture_are_refused_with_the_remedy() {
    MemorySegment fatbin = arena.allocateFrom(JAVA_INT, 0xBA55ED50, 0, 0, 0);
    assertThatThrownBy(() -> context.module("kernels.fatbin", fatbin))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("kernels.fatbin: holds no kernels for the ")
        .hasMessageContaining("(sm_90): build them for sm_90");
  }

  @Test
  void arguments_are_checked_against_the_kernels_own_parameters() {
    Kernel kernel = module.kernel("selftest_reverse");
    assertThatThrownBy(() -> kernel.arguments(JAVA_LONG, JAVA_LONG, JAVA_LONG))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("argument 2 of kernel selftest_reverse has 4 bytes, not 8");
    assertThatThrownBy(() -> kernel.arguments(JAVA_LONG))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kernel selftest_reverse takes more arguments than 1");
  }

  @Test
  void a_kernel_that_is_not_there_is_named() {
    assertThatThrownBy(() -> module.kernel("selftest_nothing"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("selftest.so: has no kernel 'selftest_nothing'");
  }

  @Test
  void a_kernel_that_reads_beyond_its_memory_is_named_and_the_next_context_is_well() {
    DeviceMemory out = context.allocate(4 * N);
    KernelArguments arguments = reverse(upload(count(N - 1)), out, N);
    assertThatThrownBy(
            () -> {
              stream.launch(Launch.of(1, 64).withSharedBytes(4 * N), arguments);
              stream.synchronize();
            })
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS (700)")
        .hasMessageContaining("selftest_reverse");
    assertThatThrownBy(context::close).isInstanceOf(CudaException.class);
    context = Emulated.driver().gpu(0).open();
    stream = context.stream();
    assertThat(download(upload(3))).containsExactly(3);
  }
}
