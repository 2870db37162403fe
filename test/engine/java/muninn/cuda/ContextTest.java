package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import muninn.UserException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the bindings ask of the driver, and what they make of its refusals, seen by the stub. */
class ContextTest {
  private static final MemoryLayout THREE = MemoryLayout.structLayout(JAVA_INT, JAVA_INT, JAVA_INT);

  @TempDir private Path folder;
  private Stub stub;

  @BeforeEach
  void stub() {
    stub = new Stub(folder);
  }

  private Context open() {
    Context context = stub.open().gpu(0).open();
    stub.calls();
    return context;
  }

  private static CudaModule module(Context context) {
    return context.module("kernels.fatbin", image());
  }

  private static MemorySegment image() {
    return MemorySegment.ofArray("image\0".getBytes(StandardCharsets.US_ASCII));
  }

  private static KernelArguments arguments(Kernel kernel) {
    return kernel.arguments(JAVA_LONG, JAVA_INT, JAVA_FLOAT, THREE);
  }

  // Owner and lifetime

  @Test
  void opening_takes_the_primary_context_and_closing_gives_it_back() {
    Driver driver = stub.open();
    stub.calls();
    try (Context context = driver.gpu(0).open()) {
      assertThat(context.handle()).isEqualTo(20);
    }
    assertThat(stub.calls())
        .containsExactly(
            "cuDeviceGetCount",
            "cuDeviceGet 0",
            "cuDevicePrimaryCtxRetain 10",
            "cuCtxSetCurrent 20",
            "cuCtxSetCurrent 0",
            "cuDevicePrimaryCtxRelease_v2 10");
  }

  @Test
  void a_context_that_cannot_be_made_current_is_given_back() {
    stub.fail("cuCtxSetCurrent", 201);
    Gpu gpu = stub.open().gpu(0);
    assertThatThrownBy(gpu::open)
        .isInstanceOf(CudaException.class)
        .hasMessageStartingWith("cuCtxSetCurrent failed with error 201");
    assertThat(stub.calls()).endsWith("cuCtxSetCurrent 20", "cuDevicePrimaryCtxRelease_v2 10");
  }

  @Test
  void another_thread_is_refused_by_name() throws Exception {
    try (Context context = open()) {
      DeviceMemory memory = context.allocate(16);
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      for (Runnable use : List.<Runnable>of(context::synchronize, memory::address, memory::close)) {
        Thread other =
            Thread.ofPlatform()
                .name("other")
                .start(
                    () -> {
                      try {
                        use.run();
                      } catch (Throwable e) {
                        thrown.set(e);
                      }
                    });
        other.join();
        assertThat(thrown.getAndSet(null))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(
                "thread 'other' uses a GPU that belongs to thread '%s'",
                Thread.currentThread().getName());
      }
    }
  }

  @Test
  void a_virtual_thread_cannot_own_a_gpu() throws Exception {
    Gpu gpu = stub.open().gpu(0);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                gpu.open();
              } catch (Throwable e) {
                thrown.set(e);
              }
            })
        .join();
    assertThat(thrown.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a GPU is opened by a platform thread, not a virtual one");
  }

  @Test
  void closing_a_context_closes_what_is_open_the_newest_first() {
    try (Context context = open()) {
      context.stream();
      context.event();
      DeviceMemory closed = context.allocate(8);
      context.allocate(16);
      module(context);
      closed.close();
      closed.close();
      stub.calls();
    }
    assertThat(stub.calls())
        .containsExactly(
            "cuCtxSynchronize",
            "cuModuleUnload 60",
            "cuMemFree_v2 28672",
            "cuEventDestroy_v2 40",
            "cuStreamDestroy_v2 30",
            "cuCtxSetCurrent 0",
            "cuDevicePrimaryCtxRelease_v2 10");
  }

  @Test
  void closing_goes_on_after_a_failure_and_reports_the_first() {
    Context context = open();
    context.stream();
    context.allocate(8);
    stub.fail("cuMemFree_v2", 700);
    stub.fail("cuStreamDestroy_v2", 400);
    stub.calls();
    assertThatThrownBy(context::close)
        .isInstanceOf(CudaException.class)
        .hasMessageStartingWith("cuMemFree failed with CUDA_ERROR_ILLEGAL_ADDRESS (700)");
    assertThat(stub.calls()).contains("cuStreamDestroy_v2 30", "cuDevicePrimaryCtxRelease_v2 10");
    context.close();
  }

  @Test
  void what_is_closed_is_refused() {
    Context context = open();
    Stream stream = context.stream();
    stream.close();
    assertThatThrownBy(stream::synchronize)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Stream is closed");
    DeviceMemory memory = context.allocate(8);
    PinnedMemory pinned = context.pinned(8);
    context.close();
    assertThatThrownBy(memory::address).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pinned.segment().get(JAVA_INT, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(context::synchronize)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the GPU's context is closed");
    memory.close();
    context.close();
  }

  @Test
  void what_is_borrowed_is_not_freed() {
    try (Context context = open()) {
      Stream stream = context.borrowStream(77);
      DeviceMemory memory = context.borrowMemory(4096, 32);
      stream.fill(memory, 0, 32, (byte) 1);
      stream.close();
      memory.close();
    }
    assertThat(stub.calls())
        .containsExactly(
            "cuMemsetD8Async 4096 1 32 77", "cuCtxSetCurrent 0", "cuDevicePrimaryCtxRelease_v2 10");
  }

  // Memory

  @Test
  void a_full_gpu_names_the_bytes_wanted_and_had() {
    try (Context context = open()) {
      stub.memory(1L << 30, 3L << 30);
      stub.fail("cuMemAlloc_v2", 2);
      assertThatThrownBy(() -> context.allocate(2L << 30))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "Stub GPU: its memory is full: 2147483648 bytes (2.0 GiB) wanted, 1073741824 bytes"
                  + " (1.0 GiB) of 3221225472 bytes (3.0 GiB) free; end other programs on it"
                  + " (nvidia-smi lists them), or take fewer sequences or a smaller model");
    }
  }

  @Test
  void other_failures_of_an_allocation_are_not_called_full() {
    try (Context context = open()) {
      stub.fail("cuMemAlloc_v2", 700);
      assertThatThrownBy(() -> context.allocate(8))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuMemAlloc failed with CUDA_ERROR_ILLEGAL_ADDRESS (700)");
    }
  }

  @Test
  void pinned_memory_that_the_system_does_not_give_is_named() {
    try (Context context = open()) {
      stub.fail("cuMemHostAlloc", 2);
      assertThatThrownBy(() -> context.pinned(1L << 30))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "pinned memory: the system does not give 1073741824 bytes (1.0 GiB) that the GPU can"
                  + " reach; free memory, or raise the limit on locked memory (ulimit -l)");
    }
  }

  @Test
  void memory_of_no_bytes_is_refused() {
    try (Context context = open()) {
      assertThatThrownBy(() -> context.allocate(0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("memory of 0 bytes; at least 1 wanted");
    }
  }

  @Test
  void free_and_total_memory_are_the_drivers() {
    try (Context context = open()) {
      stub.memory(5_000_000_000L, 80_000_000_000L);
      assertThat(context.memory()).isEqualTo(new Context.Memory(5_000_000_000L, 80_000_000_000L));
    }
  }

  @Test
  void copies_say_from_where_to_where_and_how_much() {
    try (Context context = open();
        Arena arena = Arena.ofConfined()) {
      Stream stream = context.stream();
      DeviceMemory memory = context.allocate(64);
      DeviceMemory tail = memory.slice(32, 32);
      MemorySegment host = arena.allocate(16);
      stub.calls();
      stream.upload(host, memory, 8);
      stream.download(tail, 16, host);
      stream.copy(tail, 4, memory, 2, 20);
      stream.fill(memory, 1, 63, (byte) 0xCD);
      stream.fillInts(tail, 4, 7, -1);
      assertThat(stub.calls())
          .containsExactly(
              "cuMemcpyHtoDAsync_v2 28680 16 30",
              "cuMemcpyDtoHAsync_v2 28720 16 30",
              "cuMemcpyDtoDAsync_v2 28674 28708 20 30",
              "cuMemsetD8Async 28673 205 63 30",
              "cuMemsetD32Async 28708 4294967295 7 30");
    }
  }

  @Test
  void a_copy_beyond_the_memory_is_refused_before_the_driver_sees_it() {
    try (Context context = open();
        Arena arena = Arena.ofConfined()) {
      Stream stream = context.stream();
      DeviceMemory memory = context.allocate(64);
      stub.calls();
      assertThatThrownBy(() -> stream.upload(arena.allocate(16), memory, 49))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> stream.fillInts(memory, 0, Long.MAX_VALUE / 2, 0))
          .isInstanceOf(ArithmeticException.class);
      assertThatThrownBy(() -> memory.slice(60, 8)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThat(stub.calls()).isEmpty();
    }
  }

  @Test
  void memory_on_the_heap_freed_or_read_only_is_refused_where_the_device_would_use_it() {
    try (Context context = open();
        Arena arena = Arena.ofConfined()) {
      Stream stream = context.stream();
      DeviceMemory memory = context.allocate(64);
      MemorySegment heap = MemorySegment.ofArray(new byte[8]);
      for (Runnable use :
          List.<Runnable>of(
              () -> stream.upload(heap, memory, 0),
              () -> stream.download(memory, 0, heap),
              () -> context.register(heap))) {
        assertThatThrownBy(use::run)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("host memory must be native, not an array on the heap");
      }
      MemorySegment freed;
      try (Arena gone = Arena.ofConfined()) {
        freed = gone.allocate(8);
      }
      assertThatThrownBy(() -> stream.upload(freed, memory, 0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("host memory is freed already");
      assertThatThrownBy(() -> stream.download(memory, 0, arena.allocate(8).asReadOnly()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("host memory to copy to is read-only");
    }
  }

  @Test
  void pinned_memory_can_be_used_by_host_and_device() {
    try (Context context = open()) {
      PinnedMemory pinned = context.pinned(4096);
      pinned.segment().set(JAVA_INT, 4092, 42);
      assertThat(pinned.segment().byteSize()).isEqualTo(4096);
      assertThat(pinned.deviceAddress()).isEqualTo(0x9000);
      pinned.close();
      assertThat(stub.calls())
          .containsExactly(
              "cuMemHostAlloc 4096 3", "cuMemHostGetDevicePointer_v2 0", "cuMemFreeHost");
    }
  }

  @Test
  void memory_of_someone_else_is_pinned_for_a_while_read_only_where_it_is() {
    try (Context context = open();
        Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(64);
      context.register(host).close();
      assertThat(context.register(host.asReadOnly()).segment().byteSize()).isEqualTo(64);
    }
    assertThat(stub.calls())
        .startsWith(
            "cuMemHostRegister_v2 64 1",
            "cuMemHostUnregister",
            "cuMemHostRegister_v2 64 9",
            "cuCtxSynchronize",
            "cuMemHostUnregister");
  }

  // Order

  @Test
  void streams_and_events_wait_for_each_other() {
    try (Context context = open()) {
      Stream stream = context.stream();
      Event event = context.untimedEvent();
      stream.record(event);
      stream.await(event);
      event.synchronize();
      stream.synchronize();
      context.synchronize();
      assertThat(stub.calls())
          .containsExactly(
              "cuStreamCreate 1",
              "cuEventCreate 2",
              "cuEventRecord 40 30",
              "cuStreamWaitEvent 30 40 0",
              "cuEventSynchronize 40",
              "cuStreamSynchronize 30",
              "cuCtxSynchronize");
    }
  }

  @Test
  void a_query_says_not_yet_but_not_that_all_is_well_after_a_fault() {
    try (Context context = open()) {
      Stream stream = context.stream();
      Event event = context.event();
      assertThat(stream.isDone()).isTrue();
      assertThat(event.isDone()).isTrue();
      stub.fail("cuStreamQuery", 600);
      stub.fail("cuEventQuery", 600);
      assertThat(stream.isDone()).isFalse();
      assertThat(event.isDone()).isFalse();
      stub.fail("cuStreamQuery", 700);
      assertThatThrownBy(stream::isDone)
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuStreamQuery failed with CUDA_ERROR_ILLEGAL_ADDRESS (700)");
    }
  }

  @Test
  void time_between_events_is_asked_in_the_newest_way_the_driver_has() {
    try (Context context = open()) {
      assertThat(context.event().millisSince(context.event())).isEqualTo(2.5F);
    }
    assertThat(stub.calls()).contains("cuEventElapsedTime_v2 41 40");
    stub = new Stub(folder, "OLD");
    try (Context context = open()) {
      assertThat(context.event().millisSince(context.event())).isEqualTo(1.5F);
    }
    assertThat(stub.calls()).contains("cuEventElapsedTime 41 40");
  }

  @Test
  void an_event_without_time_is_not_asked_for_it() {
    try (Context context = open()) {
      assertThatThrownBy(() -> context.event().millisSince(context.untimedEvent()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("an event without time; make it with Context.event()");
    }
  }

  // Modules and kernels

  @Test
  void kernels_are_loaded_and_found_by_name() {
    try (Context context = open()) {
      CudaModule module = module(context);
      Kernel kernel = module.kernel("linear");
      assertThat(module.name()).isEqualTo("kernels.fatbin");
      assertThat(kernel.name()).isEqualTo("linear");
      assertThat(stub.calls())
          .containsExactly("cuModuleLoadDataEx image 2", "cuModuleGetFunction 60 linear");
      module.close();
      assertThatThrownBy(kernel::handle)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("CudaModule is closed");
    }
  }

  /** The header that nvcc writes, and four bytes instead of kernels. */
  private static MemorySegment fatbins(int... lengths) {
    MemorySegment image = MemorySegment.ofArray(new byte[20 * lengths.length]);
    for (int i = 0; i < lengths.length; i++) {
      image.set(JAVA_INT_UNALIGNED, 20L * i, 0xBA55ED50);
      image.set(JAVA_INT_UNALIGNED, 20L * i + 4, 16 << 16 | 1);
      image.set(JAVA_INT_UNALIGNED, 20L * i + 8, lengths[i]);
    }
    return image;
  }

  @Test
  void fatbins_one_after_another_are_one_module() {
    try (Context context = open()) {
      CudaModule module = context.module("kernels.fatbin", fatbins(4, 4));
      assertThat(stub.calls()).hasSize(2).allMatch(call -> call.startsWith("cuModuleLoadDataEx"));
      assertThat(module.kernel("only61").handle()).isEqualTo(70);
      assertThat(stub.calls())
          .containsExactly("cuModuleGetFunction 60 only61", "cuModuleGetFunction 61 only61");
      stub.fail("cuModuleGetFunction", 500);
      assertThatThrownBy(() -> module.kernel("nothing"))
          .hasMessageStartingWith("kernels.fatbin: has no kernel 'nothing'");
      stub.calls();
      module.close();
      assertThat(stub.calls()).containsExactly("cuModuleUnload 60", "cuModuleUnload 61");
      assertThatThrownBy(() -> module.kernel("linear")).hasMessage("CudaModule is closed");
    }
  }

  @Test
  void a_fatbin_for_other_gpus_is_left_out_unless_all_are() {
    try (Context context = open()) {
      MemorySegment images = fatbins(4, 4, 4);
      images.set(JAVA_INT_UNALIGNED, 16, 209);
      CudaModule module = context.module("kernels.fatbin", images);
      assertThat(stub.calls()).hasSize(3);
      module.close();
      assertThat(stub.calls()).containsExactly("cuModuleUnload 61", "cuModuleUnload 62");

      images.set(JAVA_INT_UNALIGNED, 36, 209);
      images.set(JAVA_INT_UNALIGNED, 56, 209);
      assertThatThrownBy(() -> context.module("kernels.fatbin", images))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("kernels.fatbin: holds no kernels for the Stub GPU");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5, -1, 0})
  void what_is_not_a_row_of_fatbins_is_the_drivers_to_judge(int length) {
    try (Context context = open()) {
      context.module("kernels.fatbin", fatbins(4, length));
      assertThat(stub.calls()).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          209 | holds no kernels for the Stub GPU (sm_75): build them for sm_75, or run on the CPU (device=cpu)
          222 | its PTX is newer than the driver, which is for CUDA 12.4: update the driver, or build the kernels with nvcc 12.4 or earlier
          200 | is damaged, or no CUDA kernels: build them again
          218 | is damaged, or no CUDA kernels: build them again
          """)
  void a_module_that_does_not_suit_is_named_with_the_remedy(int code, String reason) {
    try (Context context = open()) {
      stub.fail("cuModuleLoadDataEx", code);
      assertThatThrownBy(() -> module(context))
          .isInstanceOf(UserException.class)
          .hasMessage("kernels.fatbin: %s (cuModuleLoadDataEx failed with error %d)", reason, code);
      stub.jitLog("ptxas: line 3\n");
      assertThatThrownBy(() -> module(context))
          .hasMessageEndingWith("(cuModuleLoadDataEx failed with error %d: ptxas: line 3)", code);
    }
  }

  @Test
  void other_failures_of_loading_name_the_module() {
    try (Context context = open()) {
      stub.fail("cuModuleLoadDataEx", 303);
      assertThatThrownBy(() -> module(context))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuModuleLoadDataEx of kernels.fatbin failed with error 303");
    }
  }

  @Test
  void a_kernel_that_is_not_there_is_named_with_its_module() {
    try (Context context = open()) {
      CudaModule module = module(context);
      stub.fail("cuModuleGetFunction", 500);
      assertThatThrownBy(() -> module.kernel("nothing"))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "kernels.fatbin: has no kernel 'nothing' (cuModuleGetFunction failed with error 500);"
                  + " it is of another build of Muninn: build both again");
      stub.fail("cuModuleGetFunction", 700);
      assertThatThrownBy(() -> module.kernel("linear"))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuModuleGetFunction of linear failed with");
    }
  }

  @Test
  void a_kernel_tells_what_it_needs_and_how_often_it_fits() {
    try (Context context = open()) {
      Kernel kernel = module(context).kernel("linear");
      stub.calls();
      assertThat(kernel.attribute(Kernel.Attribute.REGISTERS)).isEqualTo(104);
      assertThat(kernel.attribute(Kernel.Attribute.SHARED_BYTES)).isEqualTo(101);
      kernel.allowSharedBytes(100_000);
      assertThat(kernel.blocksPerMultiprocessor(256, 1024)).isEqualTo(3);
      assertThat(stub.calls())
          .containsExactly(
              "cuFuncGetAttribute 4 70",
              "cuFuncGetAttribute 1 70",
              "cuFuncSetAttribute 70 8 100000",
              "cuOccupancyMaxActiveBlocksPerMultiprocessor 70 256 1024");
      stub.fail("cuFuncSetAttribute", 1);
      assertThatThrownBy(() -> kernel.allowSharedBytes(1 << 30))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuFuncSetAttribute of linear failed with error 1");
    }
  }

  @Test
  void a_matrix_is_described_to_the_copy_engine() {
    try (Context context = open();
        Arena arena = Arena.ofConfined()) {
      stub.calls();
      TensorMap map = TensorMap.of(context, 4096, 300, 64, 88, 32);
      // the address is a multiple of 64; bfloat16, columns first, bytes a row, swizzled in 128
      assertThat(stub.calls())
          .containsExactly("cuTensorMapEncodeTiled 0 9 2 4096 64 300 128 32 88 1 1 0 3 2 0");
      MemorySegment written = arena.allocate(TensorMap.LAYOUT);
      map.write(written);
      assertThat(written.toArray(JAVA_LONG)).startsWith(60, 61).endsWith(75).hasSize(16);
      stub.fail("cuTensorMapEncodeTiled", 1);
      assertThatThrownBy(() -> TensorMap.of(context, 4096, 300, 64, 88, 32))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuTensorMapEncodeTiled failed with error 1");
    }
  }

  @Test
  void arguments_are_checked_against_the_kernel() {
    try (Context context = open()) {
      Kernel kernel = module(context).kernel("linear");
      arguments(kernel);
      assertThatThrownBy(() -> kernel.arguments(JAVA_LONG, JAVA_LONG, JAVA_FLOAT, THREE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("argument 1 of kernel linear has 4 bytes, not 8");
      assertThatThrownBy(() -> kernel.arguments(JAVA_LONG, JAVA_INT, JAVA_FLOAT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("kernel linear takes more arguments than 3");
      assertThatThrownBy(() -> kernel.arguments(JAVA_LONG, JAVA_INT, JAVA_FLOAT, THREE, JAVA_INT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("kernel linear takes 4 arguments, not 5");
    }
  }

  @Test
  void arguments_of_a_driver_that_does_not_tell_are_taken_as_they_are() {
    stub = new Stub(folder, "OLD");
    try (Context context = open()) {
      module(context).kernel("linear").arguments(JAVA_LONG);
      assertThat(stub.calls()).noneMatch(call -> call.startsWith("cuFuncGetParamInfo"));
    }
  }

  @Test
  void an_argument_of_another_type_is_refused() {
    try (Context context = open()) {
      KernelArguments arguments = arguments(module(context).kernel("linear"));
      assertThatThrownBy(() -> arguments.set(1, 5L))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching("argument 1 of kernel linear is .*i4.*, not long");
      assertThatThrownBy(() -> arguments.set(3, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching("argument 3 of kernel linear is .*i4i4i4.*, not int");
    }
  }

  // Launches

  @Test
  void a_launch_hands_over_sizes_stream_and_arguments() {
    try (Context context = open()) {
      KernelArguments arguments = arguments(module(context).kernel("linear"));
      Stream stream = context.stream();
      DeviceMemory memory = context.allocate(64);
      MemorySegment struct = arguments.set(0, memory).set(1, -2).set(2, 1.5F).struct(3);
      for (int i = 0; i < 3; i++) {
        struct.setAtIndex(JAVA_INT, i, i + 7);
      }
      Launch launch =
          Launch.of(1, 1).withGrid(132, 2, 3).withBlock(256, 4, 5).withSharedBytes(49_152);
      stub.calls();
      stream.launch(launch, arguments);
      stream.launch(launch.with(LaunchAttribute.PROGRAMMATIC), arguments.set(1, 8));
      assertThat(stub.calls())
          .containsExactly(
              "cuLaunchKernel 70 132 2 3 256 4 5 49152 30 28672,-2,1.5,7/8/9 1",
              "cuLaunchKernelEx 70 132 2 3 256 4 5 49152 30 1 6 1 28672,8,1.5,7/8/9 1");
    }
  }

  @Test
  void a_refused_launch_names_the_kernel_and_its_sizes() {
    try (Context context = open()) {
      KernelArguments arguments = arguments(module(context).kernel("linear"));
      Stream stream = context.stream();
      stub.fail("cuLaunchKernel", 701);
      stub.fail("cuLaunchKernelEx", 1);
      assertThatThrownBy(() -> stream.launch(Launch.of(8, 2048), arguments))
          .isInstanceOf(CudaException.class)
          .hasMessage(
              "cuLaunchKernel of linear with grid 8×1×1, block 2048×1×1, 0 bytes of shared memory"
                  + " failed with error 701 (which this driver does not know): a block wants more"
                  + " registers or shared memory than there are; make it smaller");
      assertThatThrownBy(
              () -> stream.launch(Launch.of(8, 2048).with(LaunchAttribute.PROGRAMMATIC), arguments))
          .hasMessageStartingWith(
              "cuLaunchKernelEx of linear with grid 8×1×1, block 2048×1×1, 0 bytes of shared"
                  + " memory, programmatic failed with error 1");
    }
  }

  @Test
  void what_an_emulated_device_saw_is_told_where_a_call_fails() {
    try (Context context = open()) {
      Stream stream = context.stream();
      stub.fail("cuStreamSynchronize", 700);
      stub.report("kernel gemv, block (0,0,0), thread (3,0,0) reads beyond its memory");
      assertThatThrownBy(stream::synchronize)
          .isInstanceOf(CudaException.class)
          .hasMessage(
              "cuStreamSynchronize failed with CUDA_ERROR_ILLEGAL_ADDRESS (700) (an illegal memory"
                  + " access was encountered): a kernel is faulty, and the context is lost; find it"
                  + " with compute-sanitizer or with the emulated device; the device reports:"
                  + " kernel gemv, block (0,0,0), thread (3,0,0) reads beyond its memory");
      stub.fail("cuStreamSynchronize", 702);
      assertThatThrownBy(stream::synchronize)
          .isInstanceOf(UserException.class)
          .hasMessageEndingWith(
              "; the device reports: kernel gemv, block (0,0,0), thread (3,0,0) reads beyond its"
                  + " memory");
      stub.fail("cuModuleLoadDataEx", 200);
      assertThatThrownBy(() -> module(context))
          .isInstanceOf(UserException.class)
          .hasMessageEndingWith("thread (3,0,0) reads beyond its memory)");
    }
  }

  // Graphs

  @Test
  void a_recording_becomes_a_graph_that_can_be_launched_and_updated() {
    try (Context context = open()) {
      Stream stream = context.stream();
      stub.calls();
      DeviceMemory memory = context.borrowMemory(4096, 8);
      Graph graph = stream.capture(() -> stream.fill(memory, 0, 8, (byte) 0));
      assertThat(graph.nodes()).isEqualTo(7);
      GraphExec exec = graph.instantiate();
      exec.upload(stream);
      stream.launch(exec);
      assertThat(exec.update(graph)).isTrue();
      graph.close();
      exec.close();
      assertThat(stub.calls())
          .containsExactly(
              "cuStreamBeginCapture_v2 30 1",
              "cuMemsetD8Async 4096 0 8 30",
              "cuStreamEndCapture 30",
              "cuGraphGetNodes 50 1",
              "cuGraphInstantiateWithFlags 50 0",
              "cuGraphUpload 80 30",
              "cuGraphLaunch 80 30",
              "cuGraphExecUpdate_v2 80 50",
              "cuGraphDestroy 50",
              "cuGraphExecDestroy 80");
    }
  }

  @Test
  void a_graph_of_another_shape_is_not_taken_over() {
    try (Context context = open()) {
      Graph graph = context.stream().capture(() -> {});
      GraphExec exec = graph.instantiate();
      stub.fail("cuGraphExecUpdate_v2", 910);
      assertThat(exec.update(graph)).isFalse();
      stub.fail("cuGraphExecUpdate_v2", 700);
      assertThatThrownBy(() -> exec.update(graph))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuGraphExecUpdate failed with");
    }
  }

  @Test
  void a_recording_that_fails_is_ended_and_thrown_away() {
    try (Context context = open()) {
      Stream stream = context.stream();
      stub.calls();
      IllegalStateException own = new IllegalStateException("own");
      assertThatThrownBy(
              () ->
                  stream.capture(
                      () -> {
                        throw own;
                      }))
          .isSameAs(own);
      assertThat(stub.calls())
          .containsExactly(
              "cuStreamBeginCapture_v2 30 1", "cuStreamEndCapture 30", "cuGraphDestroy 50");
      stub.fail("cuStreamEndCapture", 901);
      assertThatThrownBy(() -> stream.capture(() -> {}))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuStreamEndCapture failed with error 901");
    }
  }
}
