package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import muninn.UserException;
import org.junit.jupiter.api.Test;

/** What is done in order: streams and events, launches, and graphs recorded from them. */
class StreamTest extends WithStub {
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
