package muninn.jcuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Graph;
import muninn.cuda.GraphExec;
import muninn.cuda.Stream;
import muninn.kernels.cuda.Gemm;
import muninn.kernels.cuda.GemmProvider;
import muninn.kernels.cuda.GemmShape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products through JCublas by a cuBLAS that checks what it is given, on the emulated device. */
class JCublasGemmTest {
  private static final GemmShape SHAPE = GemmShape.of(3, 5, 16);

  private final Arena arena = Arena.ofConfined();
  private final Random random = new Random(7);
  private Context context;
  private Stream stream;

  @BeforeEach
  void open() {
    context = Emulated.driver().gpu(0).open();
    stream = context.stream();
    CublasStub.stub().calls();
  }

  @AfterEach
  void close() {
    arena.close();
    if (context != null) {
      context.close();
    }
  }

  private Gemm gemm() {
    String folder = CublasStub.stub().folder().toString();
    return new JCublasProvider(folder, CublasStub.LIBRARY).open(context, stream);
  }

  private float[] upload(DeviceMemory to) {
    float[] values = new float[(int) to.bytes() / 2];
    MemorySegment host = arena.allocate(to.bytes(), 2);
    for (int i = 0; i < values.length; i++) {
      short bits = (short) (Float.floatToRawIntBits(random.nextFloat() - 0.5F) >>> 16);
      host.setAtIndex(JAVA_SHORT, i, bits);
      values[i] = Float.intBitsToFloat(bits << 16);
    }
    stream.upload(host, to, 0);
    return values;
  }

  /** Runs a product twice, from 1 in every element on, and compares what the last one leaves. */
  private void check(GemmShape shape, Gemm gemm, boolean recorded) {
    try (DeviceMemory x = context.allocate(shape.xBytes());
        DeviceMemory w = context.allocate(shape.wBytes());
        DeviceMemory out = context.allocate(shape.outBytes())) {
      float[] xs = upload(x);
      float[] ws = upload(w);
      stream.fillInts(out, 0, out.bytes() / 4, Float.floatToRawIntBits(1));
      Runnable product = () -> gemm.multiply(shape, x.address(), w.address(), out.address());
      if (recorded) {
        try (Graph graph = stream.capture(product);
            GraphExec exec = graph.instantiate()) {
          stream.launch(exec);
          xs = upload(x);
          stream.fillInts(out, 0, out.bytes() / 4, Float.floatToRawIntBits(1));
          stream.launch(exec);
        }
      } else {
        product.run();
      }
      MemorySegment host = arena.allocate(out.bytes(), 4);
      stream.download(out, 0, host);
      stream.synchronize();
      for (int m = 0; m < shape.m(); m++) {
        for (int n = 0; n < shape.n(); n++) {
          double sum = shape.accumulate() ? 1 : 0;
          for (int k = 0; k < shape.k(); k++) {
            sum += xs[m * shape.xPitch() + k] * (double) ws[n * shape.wPitch() + k];
          }
          assertThat((double) host.getAtIndex(JAVA_FLOAT, m * shape.n() + n))
              .as("row %d, column %d of %s", m, n, shape)
              .isCloseTo(sum, within(1e-4));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 8, 8, 8", "65, 33, 40, 40, 48", "128, 7, 16, 32, 16", "3, 130, 264, 264, 264"})
  void aProductIsTheSumOfTheProductsInAnyShape(int m, int n, int k, int xPitch, int wPitch) {
    GemmShape shape = new GemmShape(m, n, k, xPitch, wPitch, false, false);
    try (Gemm gemm = gemm()) {
      check(shape, gemm, false);
      check(shape.accumulating(), gemm, false);
    }
    assertThat(CublasStub.stub().calls())
        .containsExactly(
            "gemm %d %d %d beta 0".formatted(m, n, k), "gemm %d %d %d beta 1".formatted(m, n, k));
    assertThat(CublasStub.stub().living()).isZero();
  }

  @Test
  void aPreparedProductIsRecorded() {
    try (Gemm gemm = gemm()) {
      gemm.prepare(SHAPE);
      gemm.prepare(SHAPE);
      assertThat(CublasStub.stub().calls()).hasSize(1);
      check(SHAPE, gemm, true);
      check(SHAPE.accumulating(), gemm, false);
      check(SHAPE.accumulating(), gemm, true);
    }
  }

  @Test
  void aShapeThatWasNotPreparedIsNotRecorded() {
    try (Gemm gemm = gemm()) {
      assertThatThrownBy(() -> stream.capture(() -> gemm.multiply(SHAPE, 16, 16, 16)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(SHAPE + " is recorded before it was prepared, and cannot be tried out now");
    }
  }

  @Test
  void whatCublasRefusesNamesCallAndStatus() {
    long free = context.memory().freeBytes();
    CublasStub.stub().fail("cublasCreate", 1);
    try {
      assertThatThrownBy(this::gemm)
          .isInstanceOf(UserException.class)
          .hasMessage(
              "cublasCreate of cuBLAS 12 failed with CUBLAS_STATUS_NOT_INITIALIZED; take"
                  + " gemm=cublaslt or own");
    } finally {
      CublasStub.stub().fail("", 0);
    }
    assertThat(context.memory().freeBytes()).as("its workspace is given back").isEqualTo(free);
  }

  @Test
  void withoutCublas12ItStepsAsideAndSaysWhatIsMissing(@TempDir Path folder) {
    String library = "libcublas-of-no-machine.so.12";
    String remedy =
        "; install the CUDA 12 toolkit's or the nvidia-cublas-cu12 wheel's and name its folder in"
            + " MUNINN_CUBLAS, or take gemm=cublaslt or own";
    assertThatThrownBy(() -> new JCublasProvider(null, library).open(context, stream))
        .isInstanceOf(UserException.class)
        .hasMessage("JCublas needs cuBLAS 12, and no " + library + " can be loaded" + remedy);
    assertThatThrownBy(() -> new JCublasProvider(folder.toString(), library).open(context, stream))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "JCublas needs cuBLAS 12, and neither "
                + folder.resolve(library)
                + " nor "
                + library
                + " can be loaded"
                + remedy);
  }

  @Test
  void itIsFoundBesideTheEnginesOwn() {
    List<String> names =
        ServiceLoader.load(GemmProvider.class).stream()
            .map(provider -> provider.get().name())
            .toList();
    assertThat(names).containsExactlyInAnyOrder("cublaslt", "jcublas");
  }

  @Test
  void itsNameTellsVersionAndLibrary() {
    try (Gemm gemm = gemm()) {
      assertThat(gemm.name())
          .isEqualTo(
              "cuBLAS 12.6.4 through JCublas ("
                  + CublasStub.stub().folder().resolve(CublasStub.LIBRARY)
                  + ")");
    }
  }
}
