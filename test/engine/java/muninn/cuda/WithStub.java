package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A GPU of the stub driver, its kernels, and what the driver was asked meanwhile. */
abstract class WithStub {
  static final MemoryLayout THREE = MemoryLayout.structLayout(JAVA_INT, JAVA_INT, JAVA_INT);

  @TempDir Path folder;
  Stub stub;

  @BeforeEach
  void stub() {
    stub = new Stub(folder);
  }

  Context open() {
    Context context = stub.open().gpu(0).open();
    stub.calls();
    return context;
  }

  static CudaModule module(Context context) {
    return context.module("kernels.fatbin", image());
  }

  static MemorySegment image() {
    return MemorySegment.ofArray("image\0".getBytes(StandardCharsets.US_ASCII));
  }

  static KernelArguments arguments(Kernel kernel) {
    return kernel.arguments(JAVA_LONG, JAVA_INT, JAVA_FLOAT, THREE);
  }
}
