package muninn.jcuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JCuda and Muninn on each other's streams and memory. */
class InteropTest {
  private final Arena arena = Arena.ofConfined();
  private Context context;

  @BeforeEach
  void open() {
    context = Emulated.driver().gpu(0).open();
    JCudaNatives.driver();
    JCudaDriver.setExceptionsEnabled(true);
  }

  @AfterEach
  void close() {
    arena.close();
    if (context != null) {
      context.close();
    }
  }

  private int[] download(Stream stream, DeviceMemory memory) {
    MemorySegment host = arena.allocate(memory.bytes(), 4);
    stream.download(memory, 0, host);
    stream.synchronize();
    return host.toArray(JAVA_INT);
  }

  @Test
  void theExampleRunsAJCudaKernelBetweenTwoOfOurs() {
    assertThat(InteropExample.run(context, Emulated.image(), 1, 2, 3, -8))
        .containsExactly(2.5F, 4.5F, 6.5F, -15.5F);
  }

  @Test
  void theExampleIsAProgram(@TempDir Path folder) throws Exception {
    context.close();
    Path image = Files.write(folder.resolve("interop.so"), Emulated.image());
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      InteropExample.main(image.toString(), Emulated.library().toString());
    } finally {
      System.setOut(before);
    }
    assertThat(said.toString(StandardCharsets.UTF_8)).isEqualToIgnoringNewLines("[2.5, 4.5, 6.5]");
  }

  @Test
  void aStreamAndMemoryOfJCudaServeUs() {
    CUstream theirs = new CUstream();
    JCudaDriver.cuStreamCreate(theirs, 0);
    CUdeviceptr pointer = new CUdeviceptr();
    JCudaDriver.cuMemAlloc(pointer, 16);
    try (Stream stream = Interop.stream(context, theirs);
        DeviceMemory all = Interop.memory(context, pointer, 16);
        DeviceMemory tail = Interop.memory(context, pointer.withByteOffset(8), 8)) {
      stream.fillInts(all, 0, 4, 1);
      stream.fillInts(tail, 0, 2, 2);
      assertThat(download(stream, all)).containsExactly(1, 1, 2, 2);
    }
    // Closing our view of them has not ended them.
    int[] host = new int[4];
    JCudaDriver.cuMemcpyDtoHAsync(Pointer.to(host), pointer, 16, theirs);
    JCudaDriver.cuStreamSynchronize(theirs);
    assertThat(host).containsExactly(1, 1, 2, 2);
    JCudaDriver.cuMemFree(pointer);
    JCudaDriver.cuStreamDestroy(theirs);
  }

  @Test
  void aStreamAndMemoryOfOursServeJCuda() {
    try (Stream stream = context.stream();
        DeviceMemory memory = context.allocate(16)) {
      CUdeviceptr pointer = Interop.memory(memory);
      CUstream theirs = Interop.stream(stream);
      JCudaDriver.cuMemsetD32Async(pointer, 3, 4, theirs);
      JCudaDriver.cuMemsetD32Async(pointer.withByteOffset(4), 4, 2, theirs);
      assertThat(download(stream, memory)).containsExactly(3, 4, 4, 3);
      JCudaDriver.cuMemcpyHtoDAsync(
          Interop.memory(memory.slice(12, 4)), Pointer.to(new int[] {5}), 4, theirs);
      assertThat(download(stream, memory)).containsExactly(3, 4, 4, 5);
    }
  }

  @Test
  void whatIsHandedOverAndBackIsTheSame() {
    try (Stream stream = context.stream();
        DeviceMemory memory = context.allocate(16)) {
      assertThat(Interop.stream(context, Interop.stream(stream)).handle())
          .isEqualTo(stream.handle());
      assertThat(Interop.memory(context, Interop.memory(memory), 16).address())
          .isEqualTo(memory.address());
    }
  }

  @Test
  void nativeCodeIsNotLeftWhereOthersCouldReplaceIt() throws Exception {
    assertThat(System.getProperty("java.io.tmpdir")).doesNotContain("muninn-jcuda");
    assertThat(Files.readString(Path.of("/proc/self/maps")))
        .as("what is loaded came from a folder of its own, which is gone")
        .containsPattern("/muninn-jcuda\\d+/\\S*JCudaDriver\\S* \\(deleted\\)");
  }
}
