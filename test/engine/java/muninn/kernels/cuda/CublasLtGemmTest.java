package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.CublasLtStub;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Emulated;
import muninn.cuda.Graph;
import muninn.cuda.GraphExec;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products by a cuBLASLt that checks what it is given, on the emulated device. */
class CublasLtGemmTest {
  private static final GemmShape SHAPE = GemmShape.of(3, 5, 16);

  @TempDir private Path folder;
  private final Arena arena = Arena.ofConfined();
  private final Random random = new Random(7);
  private CublasLtStub stub;
  private Context context;
  private Stream stream;
  private Gemm gemm;

  @BeforeEach
  void open() {
    stub = new CublasLtStub(folder, "libcublasLt.so.12");
    context = Emulated.driver().gpu(0).open();
    stream = context.stream();
    gemm = new CublasLtProvider(folder).open(context, stream);
  }

  @AfterEach
  void close() {
    arena.close();
    if (context != null) {
      context.close();
      assertThat(stub.living()).as("handles left open").isZero();
    }
  }

  /** Operands and result on the device, and what the result must be. */
  private final class Operands {
    final GemmShape shape;
    final DeviceMemory x;
    final DeviceMemory w;
    final DeviceMemory out;
    final float[] before;
    float[] xs;
    float[] ws;

    Operands(GemmShape shape) {
      this.shape = shape;
      x = context.allocate(shape.xBytes());
      w = context.allocate(shape.wBytes());
      out = context.allocate(shape.outBytes());
      before = new float[shape.m() * shape.n()];
      for (int i = 0; i < before.length; i++) {
        before[i] = random.nextFloat();
      }
      fill();
    }

    /** With other numbers; the padding between rows is no number. */
    void fill() {
      xs = upload(x, shape.m(), shape.xPitch());
      ws = upload(w, shape.n(), shape.wPitch());
      stream.upload(arena.allocateFrom(JAVA_FLOAT, before), out, 0);
    }

    private float[] upload(DeviceMemory to, int rows, int pitch) {
      float[] values = new float[rows * pitch];
      MemorySegment host = arena.allocate(to.bytes(), 2);
      for (int i = 0; i < to.bytes() / 2; i++) {
        float value = i % pitch < shape.k() ? random.nextFloat() - 0.5F : Float.NaN;
        short bits = (short) (Float.floatToRawIntBits(value) >>> 16);
        host.setAtIndex(JAVA_SHORT, i, bits);
        values[i] = Float.intBitsToFloat(bits << 16);
      }
      stream.upload(host, to, 0);
      return values;
    }

    void multiply() {
      gemm.multiply(shape, x.address(), w.address(), out.address());
    }

    float[] result() {
      MemorySegment host = arena.allocate(out.bytes(), 4);
      stream.download(out, 0, host);
      stream.synchronize();
      return host.toArray(JAVA_FLOAT);
    }

    void assertRight() {
      float[] result = result();
      for (int m = 0; m < shape.m(); m++) {
        for (int n = 0; n < shape.n(); n++) {
          double sum = shape.accumulate() ? before[m * shape.n() + n] : 0;
          for (int k = 0; k < shape.k(); k++) {
            sum += xs[m * shape.xPitch() + k] * (double) ws[n * shape.wPitch() + k];
          }
          assertThat((double) result[m * shape.n() + n])
              .as("row %d, column %d of %s", m, n, shape)
              .isCloseTo(sum, within(1e-4));
        }
      }
    }
  }

  /** The ways that were run, without the trials. */
  private List<String> products() {
    return stub.calls().stream().filter(line -> line.startsWith("matmul")).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 8, 8, 8",
    "65, 33, 40, 40, 40",
    "70, 24, 48, 56, 96",
    "128, 7, 16, 16, 32",
    "3, 130, 264, 264, 264",
  })
  void aProductIsTheSumOfTheProductsInAnyShape(int m, int n, int k, int xPitch, int wPitch) {
    GemmShape shape = new GemmShape(m, n, k, xPitch, wPitch, false, false);
    for (GemmShape each : List.of(shape, shape.accumulating())) {
      Operands operands = new Operands(each);
      operands.multiply();
      operands.assertRight();
    }
    assertThat(stub.calls())
        .filteredOn(line -> !line.startsWith("matmul"))
        .as("the same product, asked for with beta 0 and 1")
        .containsOnly(
            "heuristic %d %d %d pitches %d %d %d of 8".formatted(m, n, k, xPitch, wPitch, n));
  }

  @Test
  void whatIsAddedMayStandElsewhereAndTheResultBeRounded() {
    GemmShape shape = new GemmShape(5, 24, 40, 40, 40, true, true);
    Operands operands = new Operands(new GemmShape(5, 24, 40, 40, 40, true, false));
    operands.multiply();
    float[] exact = operands.result();
    DeviceMemory addend = context.allocate(shape.outBytes());
    stream.fillInts(addend, 0, shape.outBytes() / 4, 0x3f803f80); // ones
    DeviceMemory rounded = context.allocate(shape.outBytes());
    gemm.multiply(
        shape, operands.x.address(), operands.w.address(), addend.address(), rounded.address());
    assertThat(stub.calls()).last().isEqualTo("matmul 5 24 40 way 0 beta 1 apart");
    MemorySegment host = arena.allocate(rounded.bytes(), 4);
    stream.download(rounded, 0, host);
    stream.synchronize();
    for (int i = 0; i < exact.length; i++) {
      double sum = exact[i] - operands.before[i] + 1.0;
      double stored = DType.BF16.read(host, i);
      assertThat(stored).isCloseTo(sum, within(Math.abs(sum) / 256 + 1e-6));
    }
  }

  @Test
  void theFastestOfTheProposedWaysIsTakenAndTriedOutOnce() {
    stub.ways(2, -1, -1);
    gemm.prepare(SHAPE);
    assertThat(products()).as("trials").contains("matmul 3 5 16 way 0 beta 0");
    gemm.prepare(SHAPE);
    Operands operands = new Operands(SHAPE);
    operands.multiply();
    operands.multiply();
    assertThat(stub.calls())
        .containsExactly("matmul 3 5 16 way 2 beta 0", "matmul 3 5 16 way 2 beta 0");
    operands.assertRight();
  }

  @Test
  void aWayThatIsProposedAndDoesNotRunIsPassedOver() {
    stub.ways(0, 0, 1);
    gemm.prepare(SHAPE.accumulating());
    assertThat(products())
        .isNotEmpty()
        .noneMatch(line -> line.contains("way 0"))
        .as("not even proposed")
        .noneMatch(line -> line.contains("way 1"));
    Operands operands = new Operands(SHAPE.accumulating());
    operands.multiply();
    operands.assertRight();
  }

  @Test
  void aProductThatTheLibraryDoesNotHaveIsOneSentence() {
    stub.fail("cublasLtMatmul", 15);
    assertThatThrownBy(() -> gemm.prepare(SHAPE))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "cublasLtMatmul of "
                + gemm.name()
                + " failed with CUBLAS_STATUS_NOT_SUPPORTED (15): it has no such product; take"
                + " gemm=own");
  }

  @Test
  void withoutMemoryToTryInTheLibrarysFavouriteIsTaken() {
    stub.ways(2, -1, -1);
    Operands operands = new Operands(SHAPE);
    List<DeviceMemory> everything = new ArrayList<>();
    for (long bytes = 1L << 30; bytes >= 512; bytes /= 2) {
      try {
        while (true) {
          everything.add(context.allocate(bytes));
        }
      } catch (UserException full) {
        // smaller pieces
      }
    }
    operands.multiply();
    assertThat(products()).containsExactly("matmul 3 5 16 way 0 beta 0");
    operands.assertRight();
    everything.forEach(DeviceMemory::close);
  }

  @Test
  void aPreparedProductIsRecordedAndReadsItsOperandsWhenTheGraphRuns() {
    GemmShape second = GemmShape.of(3, 5, 24).accumulating();
    gemm.prepare(SHAPE);
    gemm.prepare(second);
    Operands operands = new Operands(SHAPE);
    Operands more = new Operands(second);
    products();
    try (Graph graph =
            stream.capture(
                () -> {
                  operands.multiply();
                  more.multiply();
                });
        GraphExec exec = graph.instantiate()) {
      assertThat(products()).hasSize(2);
      for (int i = 0; i < 3; i++) {
        operands.fill();
        more.fill();
        stream.launch(exec);
        operands.assertRight();
        more.assertRight();
      }
      assertThat(products()).isEmpty();
    }
  }

  @Test
  void aShapeThatWasNotPreparedIsNotRecorded() {
    Operands operands = new Operands(SHAPE);
    assertThatThrownBy(() -> stream.capture(operands::multiply))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(SHAPE + " is recorded before it was prepared, and cannot be tried out now");
    operands.multiply();
    operands.assertRight();
  }

  @Test
  void rowsThatDoNotStartAtMultiplesOf16BytesAreRefused() {
    assertThatThrownBy(() -> new GemmShape(1, 1, 4, 4, 8, false, false))
        .hasMessage("rows of x with 4 columns every 4; a multiple of 8 that is as large wanted");
    assertThatThrownBy(() -> new GemmShape(1, 1, 16, 16, 8, false, false))
        .hasMessage("rows of w with 16 columns every 8; a multiple of 8 that is as large wanted");
    assertThatThrownBy(() -> GemmShape.of(0, 1, 8))
        .hasMessage("a product of 0 × 1 rows of 8 columns");
    assertThatThrownBy(() -> gemm.multiply(SHAPE, 0x1000, 0x1008, 0x2000))
        .hasMessage(
            "operands of a product at 0x1000, 0x1008, 0x2000 and result at 0x2000; multiples of 16"
                + " wanted");
  }

  @Test
  void closingFreesItsMemoryAndLeavesTheContext() {
    long before = context.memory().freeBytes();
    gemm.prepare(SHAPE);
    gemm.close();
    gemm.close();
    assertThat(stub.living()).isZero();
    assertThat(context.memory().freeBytes()).isGreaterThanOrEqualTo(before + (32 << 20));
  }

  // Which library is taken

  private Gemms choose(String choice) {
    GemmProvider absent =
        new GemmProvider() {
          @Override
          public String name() {
            return "absent";
          }

          @Override
          public Gemm open(Context on, Stream in) {
            throw new UserException("it is not there");
          }
        };
    return Gemms.open(
        choice, List.of(absent, new CublasLtProvider(folder), absent), context, stream);
  }

  @Test
  void ofAnyLibraryTheFirstThatOpensIsTakenAndTheOthersSayWhyNot() {
    Gemms gemms = choose("auto");
    assertThat(gemms.gemm().map(Gemm::name))
        .contains("cuBLASLt 12.6.4 (" + folder.resolve("libcublasLt.so.12") + ")");
    assertThat(gemms.reasons()).containsExactly("absent: it is not there");
    assertThat(choose("cublaslt").reasons()).isEmpty();
    assertThat(choose("own")).isEqualTo(new Gemms(Optional.empty(), List.of()));
  }

  @Test
  void aLibraryAskedForByNameMustOpen() {
    assertThatThrownBy(() -> choose("absent"))
        .isInstanceOf(UserException.class)
        .hasMessage("it is not there");
    assertThatThrownBy(() -> choose("jcublas"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "gemm=jcublas: no such matrix library here; known are auto, own, absent, cublaslt,"
                + " absent; jcublas comes with the jar of java/jcuda");
  }

  @Test
  void everyLibraryOfTheClassPathIsKnown() {
    Gemms gemms = Gemms.open("auto", context, stream);
    assertThat(gemms.gemm().isPresent() || gemms.reasons().getFirst().startsWith("cublaslt: "))
        .isTrue();
  }
}
