package muninn.jcuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import muninn.cuda.Context;
import muninn.cuda.CudaModule;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Driver;
import muninn.cuda.KernelArguments;
import muninn.cuda.Launch;
import muninn.cuda.Stream;

/**
 * How a JCuda kernel runs between ours: on our stream, so that it sees what was enqueued before and
 * is seen by what comes after, and on our memory. It takes compiled kernels with {@code
 * interop_scale} and {@code interop_add} (test/jcuda/kernels/interop.cu), and a driver other than
 * the machine's if one is named.
 */
public final class InteropExample {
  private static final int BLOCK = 256;

  private InteropExample() {}

  public static void main(String... args) throws IOException {
    byte[] image = Files.readAllBytes(Path.of(args[0]));
    Driver driver = args.length > 1 ? Driver.open(Path.of(args[1])) : Driver.open();
    try (Context context = driver.gpu(0).open()) {
      // prints [2.5, 4.5, 6.5]
      System.out.println(Arrays.toString(run(context, image, 1, 2, 3)));
    }
  }

  /** Our x · 4, then JCuda's + 1, then our · 0.5. */
  static float[] run(Context context, byte[] image, float... values) {
    int n = values.length;
    int blocks = (n + BLOCK - 1) / BLOCK;
    try (Arena arena = Arena.ofConfined();
        Stream stream = context.stream();
        DeviceMemory memory = context.allocate((long) n * Float.BYTES);
        CudaModule ours = context.module("interop", MemorySegment.ofArray(image))) {
      MemorySegment host = arena.allocateFrom(JAVA_FLOAT, values);
      KernelArguments scale =
          ours.kernel("interop_scale")
              .arguments(JAVA_LONG, JAVA_FLOAT, JAVA_INT)
              .set(0, memory)
              .set(2, n);
      stream.upload(host, memory, 0);
      stream.launch(Launch.of(blocks, BLOCK), scale.set(1, 4F));

      // The same in JCuda's words, on the same stream and memory.
      JCudaNatives.driver();
      JCudaDriver.setExceptionsEnabled(true);
      CUmodule theirs = new CUmodule();
      JCudaDriver.cuModuleLoadData(theirs, image);
      CUfunction add = new CUfunction();
      JCudaDriver.cuModuleGetFunction(add, theirs, "interop_add");
      Pointer parameters =
          Pointer.to(
              Pointer.to(Interop.memory(memory)),
              Pointer.to(new float[] {1}),
              Pointer.to(new int[] {n}));
      JCudaDriver.cuLaunchKernel(
          add, blocks, 1, 1, BLOCK, 1, 1, 0, Interop.stream(stream), parameters, null);

      stream.launch(Launch.of(blocks, BLOCK), scale.set(1, 0.5F));
      stream.download(memory, 0, host);
      stream.synchronize();
      JCudaDriver.cuModuleUnload(theirs);
      return host.toArray(JAVA_FLOAT);
    }
  }
}
