package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import muninn.UserException;
import org.junit.jupiter.api.Test;

/**
 * Memory of the device, pinned memory and copies, and what is refused before the driver sees it.
 */
class MemoryTest extends WithStub {
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
}
