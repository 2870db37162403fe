package muninn.jcuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.CudaException;
import muninn.cuda.CudaModule;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Driver;
import muninn.cuda.Event;
import muninn.cuda.Gpu;
import muninn.cuda.Graph;
import muninn.cuda.GraphExec;
import muninn.cuda.Kernel;
import muninn.cuda.KernelArguments;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import org.junit.jupiter.api.Test;

/**
 * The same small program through JCudaDriver and through our bindings, on the same device: what
 * they find, compute and complain of is the same. JCuda's are bindings that others wrote and use.
 */
class ParityTest {
  private static final int N = 1000;
  private static final int BLOCK = 128;
  private static final int BLOCKS = (N + BLOCK - 1) / BLOCK;
  private static final float[] VALUES = values();

  private static float[] values() {
    Random random = new Random(3);
    float[] values = new float[N];
    for (int i = 0; i < N; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  @Test
  void bothBindingsFindComputeAndComplainTheSame() {
    List<Object> ours = ours(Emulated.driver());
    JCudaNatives.driver();
    List<Object> theirs = theirs();
    assertThat(ours).hasSameSizeAs(theirs).containsExactlyElementsOf(theirs);
    assertThat(ours).as("the last value computed").contains((VALUES[N - 1] * 1.5F + 0.25F) * 1.5F);
  }

  private static List<Object> ours(Driver driver) {
    List<Object> found = new ArrayList<>();
    Gpu gpu = driver.gpu(0);
    found.add(gpu.name());
    found.add(gpu.totalBytes());
    found.add(gpu.attribute(Gpu.Attribute.MULTIPROCESSORS));
    found.add(gpu.attribute(Gpu.Attribute.CAPABILITY_MAJOR));
    found.add(gpu.attribute(Gpu.Attribute.MAX_SHARED_BYTES_PER_BLOCK));
    try (Context context = gpu.open();
        Stream stream = context.stream();
        Arena arena = Arena.ofConfined()) {
      found.add(context.memory().totalBytes());
      CudaModule module = context.module("interop", MemorySegment.ofArray(Emulated.image()));
      Kernel scale = module.kernel("interop_scale");
      found.add(scale.attribute(Kernel.Attribute.MAX_THREADS_PER_BLOCK));
      found.add(scale.attribute(Kernel.Attribute.SHARED_BYTES));
      found.add(scale.blocksPerMultiprocessor(BLOCK, 0));
      Kernel add = module.kernel("interop_add");

      // Upload, two kernels, and one of them again from a graph.
      DeviceMemory x = context.allocate(4L * N);
      MemorySegment host = arena.allocateFrom(JAVA_FLOAT, VALUES);
      stream.upload(host, x, 0);
      KernelArguments scaling =
          scale.arguments(JAVA_LONG, JAVA_FLOAT, JAVA_INT).set(0, x).set(1, 1.5F).set(2, N);
      KernelArguments adding =
          add.arguments(JAVA_LONG, JAVA_FLOAT, JAVA_INT).set(0, x).set(1, 0.25F).set(2, N);
      stream.launch(Launch.of(BLOCKS, BLOCK), scaling);
      stream.launch(Launch.of(BLOCKS, BLOCK), adding);
      Graph graph = stream.capture(() -> stream.launch(Launch.of(BLOCKS, BLOCK), scaling));
      found.add(graph.nodes());
      GraphExec exec = graph.instantiate();
      Event start = context.event();
      Event end = context.event();
      stream.record(start);
      stream.launch(exec);
      stream.record(end);
      stream.download(x, 0, host);
      stream.synchronize();
      found.add(end.millisSince(start) >= 0);
      for (float value : host.toArray(JAVA_FLOAT)) {
        found.add(value);
      }

      // Fills, and a copy on the device.
      DeviceMemory y = context.allocate(4L * N);
      stream.fillInts(y, 0, N, 7);
      stream.fill(y, 4, 4, (byte) 1);
      stream.copy(y, 4, y, 8, 4);
      stream.download(y, 0, host);
      stream.synchronize();
      for (int i = 0; i < 4; i++) {
        found.add(host.getAtIndex(JAVA_INT, i));
      }

      // What does not work.
      found.add(code(() -> module.kernel("absent")));
      found.add(code(() -> stream.launch(Launch.of(1, 4096), scaling)));
      found.add(code(() -> stream.launch(Launch.of(0, 32), scaling)));
      found.add(code(() -> context.allocate(1L << 50)));
      KernelArguments wild = scale.arguments(JAVA_LONG, JAVA_FLOAT, JAVA_INT);
      wild.set(0, 16L).set(1, 1F).set(2, N);
      found.add(
          code(
              () -> {
                stream.launch(Launch.of(1, 32), wild);
                stream.synchronize();
              }));
    } catch (CudaException e) {
      // Closing after the last one complains of it once more.
      found.add(e.code());
    }
    return found;
  }

  /** The CUresult, out of the message where it is for the user. */
  private static int code(Runnable call) {
    try {
      call.run();
      return 0;
    } catch (CudaException e) {
      return e.code();
    } catch (UserException e) {
      if (e.getMessage().contains("its memory is full")) {
        return 2;
      }
      return Integer.parseInt(
          e.getMessage().replaceAll("(?s).*CUDA_ERROR_\\w+ \\((\\d+)\\).*", "$1"));
    }
  }

  private static List<Object> theirs() {
    List<Object> found = new ArrayList<>();
    JCudaDriver.setExceptionsEnabled(false);
    check(JCudaDriver.cuInit(0));
    CUdevice device = new CUdevice();
    check(JCudaDriver.cuDeviceGet(device, 0));
    byte[] name = new byte[256];
    check(JCudaDriver.cuDeviceGetName(name, name.length, device));
    found.add(new String(name, StandardCharsets.UTF_8).replace("\0", ""));
    long[] bytes = new long[2];
    check(JCudaDriver.cuDeviceTotalMem(bytes, device));
    found.add(bytes[0]);
    int[] number = new int[1];
    for (int attribute :
        new int[] {
          CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT,
          CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
          CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
        }) {
      check(JCudaDriver.cuDeviceGetAttribute(number, attribute, device));
      found.add(number[0]);
    }
    CUcontext context = new CUcontext();
    check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    check(JCudaDriver.cuCtxSetCurrent(context));
    CUstream stream = new CUstream();
    check(JCudaDriver.cuStreamCreate(stream, 1));
    long[] total = new long[1];
    check(JCudaDriver.cuMemGetInfo(bytes, total));
    found.add(total[0]);
    CUmodule module = new CUmodule();
    check(JCudaDriver.cuModuleLoadData(module, Emulated.image()));
    CUfunction scale = new CUfunction();
    check(JCudaDriver.cuModuleGetFunction(scale, module, "interop_scale"));
    for (int attribute :
        new int[] {
          CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK,
          CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES,
        }) {
      check(JCudaDriver.cuFuncGetAttribute(number, attribute, scale));
      found.add(number[0]);
    }
    check(JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(number, scale, BLOCK, 0));
    found.add(number[0]);
    CUfunction add = new CUfunction();
    check(JCudaDriver.cuModuleGetFunction(add, module, "interop_add"));

    CUdeviceptr x = new CUdeviceptr();
    check(JCudaDriver.cuMemAlloc(x, 4L * N));
    check(JCudaDriver.cuMemcpyHtoDAsync(x, Pointer.to(VALUES), 4L * N, stream));
    check(launch(scale, BLOCKS, BLOCK, stream, x, 1.5F));
    check(launch(add, BLOCKS, BLOCK, stream, x, 0.25F));
    CUgraph graph = new CUgraph();
    check(
        JCudaDriver.cuStreamBeginCapture(
            stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    check(launch(scale, BLOCKS, BLOCK, stream, x, 1.5F));
    check(JCudaDriver.cuStreamEndCapture(stream, graph));
    long[] nodes = new long[1];
    check(JCudaDriver.cuGraphGetNodes(graph, null, nodes));
    found.add(nodes[0]);
    CUgraphExec exec = new CUgraphExec();
    check(JCudaDriver.cuGraphInstantiate(exec, graph, 0));
    CUevent start = new CUevent();
    CUevent end = new CUevent();
    check(JCudaDriver.cuEventCreate(start, 0));
    check(JCudaDriver.cuEventCreate(end, 0));
    check(JCudaDriver.cuEventRecord(start, stream));
    check(JCudaDriver.cuGraphLaunch(exec, stream));
    check(JCudaDriver.cuEventRecord(end, stream));
    float[] host = new float[N];
    check(JCudaDriver.cuMemcpyDtoHAsync(Pointer.to(host), x, 4L * N, stream));
    check(JCudaDriver.cuStreamSynchronize(stream));
    float[] millis = new float[1];
    check(JCudaDriver.cuEventElapsedTime(millis, start, end));
    found.add(millis[0] >= 0);
    for (float value : host) {
      found.add(value);
    }

    CUdeviceptr y = new CUdeviceptr();
    check(JCudaDriver.cuMemAlloc(y, 4L * N));
    check(JCudaDriver.cuMemsetD32Async(y, 7, N, stream));
    check(JCudaDriver.cuMemsetD8Async(y.withByteOffset(4), (byte) 1, 4, stream));
    check(JCudaDriver.cuMemcpyDtoDAsync(y.withByteOffset(8), y.withByteOffset(4), 4, stream));
    int[] ints = new int[4];
    check(JCudaDriver.cuMemcpyDtoHAsync(Pointer.to(ints), y, 16, stream));
    check(JCudaDriver.cuStreamSynchronize(stream));
    for (int value : ints) {
      found.add(value);
    }

    found.add(JCudaDriver.cuModuleGetFunction(new CUfunction(), module, "absent"));
    found.add(launch(scale, 1, 4096, stream, x, 1));
    found.add(launch(scale, 0, 32, stream, x, 1));
    found.add(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 1L << 50));
    int wild = launch(scale, 1, 32, stream, new CUdeviceptr().withByteOffset(16), 1);
    int after = JCudaDriver.cuStreamSynchronize(stream);
    found.add(wild == 0 ? after : wild);
    found.add(JCudaDriver.cuStreamDestroy(stream));
    JCudaDriver.cuCtxSetCurrent(new CUcontext());
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
    return found;
  }

  private static int launch(
      CUfunction kernel, int blocks, int threads, CUstream stream, CUdeviceptr x, float number) {
    Pointer parameters =
        Pointer.to(Pointer.to(x), Pointer.to(new float[] {number}), Pointer.to(new int[] {N}));
    return JCudaDriver.cuLaunchKernel(
        kernel, blocks, 1, 1, threads, 1, 1, 0, stream, parameters, null);
  }

  private static void check(int code) {
    assertThat(code).isZero();
  }
}
