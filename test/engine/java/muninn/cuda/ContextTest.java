package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Who owns a GPU and for how long: the primary context, its thread, and the order of closing. */
class ContextTest extends WithStub {
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
}
