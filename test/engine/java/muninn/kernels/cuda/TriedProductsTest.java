package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.CublasLtStub;
import muninn.cuda.Emulated;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was fastest is remembered on disk, and a file in whatever state does no harm. */
class TriedProductsTest {
  private static final GemmShape SHAPE = GemmShape.of(3, 5, 16);

  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("cache").resolve("products.txt");
  }

  @Test
  void anotherStartKnowsWhatWasKept() {
    TriedProducts first = TriedProducts.in(file());
    first.keep(SHAPE, "0a0b");
    first.keep(SHAPE.accumulating().rounding(), "ff");
    TriedProducts second = TriedProducts.in(file());
    assertThat(second.way(SHAPE)).contains("0a0b");
    assertThat(second.way(SHAPE.accumulating().rounding())).contains("ff");
    assertThat(second.way(SHAPE.rounding())).isEmpty();
    assertThat(second.notes()).isEmpty();
  }

  @Test
  void linesThatMakeNoSenseAreCountedAndTheOthersTaken() throws IOException {
    TriedProducts.in(file()).keep(SHAPE, "0a0b");
    String kept = Files.readString(file());
    Files.writeString(file(), "3 5 16 16 8 set float32 00\nrubbish\n" + kept + "3 5 16 16 1");
    TriedProducts again = TriedProducts.in(file());
    assertThat(again.way(SHAPE)).contains("0a0b");
    assertThat(again.notes())
        .containsExactly(file() + " has 3 lines that make no sense; their shapes are tried again");
  }

  @Test
  void whatCannotBeReadOrWrittenIsSaidOnceAndTriedAgain() throws IOException {
    Files.createDirectories(file()); // a folder stands in the file's place
    TriedProducts tried = TriedProducts.in(file());
    tried.keep(SHAPE, "0a");
    tried.keep(SHAPE.rounding(), "0b");
    assertThat(tried.way(SHAPE)).contains("0a");
    assertThat(tried.notes()).hasSize(2);
    assertThat(tried.notes().get(0)).startsWith(file() + " ").contains("tried again");
    assertThat(tried.notes().get(1)).contains("cannot be written").contains("at every start");
  }

  @Test
  void bytesThatAreNoTextAndFilesThatAreTooLargeArePassedOver() throws IOException {
    Files.createDirectories(file().getParent());
    Files.write(file(), new byte[] {(byte) 0xff, (byte) 0xfe, 10});
    assertThat(TriedProducts.in(file()).notes()).hasSize(1);
    Files.write(file(), new byte[(1 << 20) + 1]);
    assertThat(TriedProducts.in(file()).notes()).singleElement().asString().contains("larger");
  }

  @Test
  void aFileIsOfOneGpuDriverAndLibrary() {
    Path home = Path.of("/home/u");
    assertThat(TriedProducts.file(Map.of(), home, "NVIDIA H100 80GB", "cuda", "13.0", "13.1.1"))
        .isEqualTo(Path.of("/home/u/.cache/muninn/products-NVIDIA-H100-80GB-cuda-13.0-13.1.1.txt"));
    assertThat(TriedProducts.file(Map.of("XDG_CACHE_HOME", "/c"), home, "x"))
        .isEqualTo(Path.of("/c/muninn/products-x.txt"));
  }

  @Test
  void aSecondStartTakesTheFastestWithoutTryingAndATryIsMadeOfWhatIsNoLongerProposed()
      throws IOException {
    CublasLtStub stub = new CublasLtStub(folder, "libcublasLt.so.12");
    stub.ways(2, -1, -1);
    assertThat(matmuls(stub)).as("trials of the first start").isGreaterThan(4);
    assertThat(matmuls(stub)).as("trials of the second").isZero();
    Files.writeString(file(), Files.readString(file()).replaceAll("\\w{64}\\n", "00\n"));
    assertThat(matmuls(stub)).as("trials when its way is unknown").isGreaterThan(4);
  }

  @Test
  void withoutTrialsTheFavouriteIsTakenAndTheFileNeitherReadNorWritten() throws IOException {
    CublasLtStub stub = new CublasLtStub(folder, "libcublasLt.so.12");
    stub.ways(2, -1, -1);
    assertThat(matmuls(stub, Map.of(TriedProducts.TRIALS, "no"))).isZero();
    assertThat(file()).doesNotExist();
    TriedProducts.in(file()).keep(SHAPE, "ff");
    String kept = Files.readString(file());
    assertThat(matmuls(stub, Map.of(TriedProducts.TRIALS, "no"))).isZero();
    assertThat(file()).hasContent(kept);
    assertThatThrownBy(() -> TriedProducts.allowedBy(Map.of(TriedProducts.TRIALS, "off")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("MUNINN_CUBLAS_TRIALS is 'off': use no");
  }

  private long matmuls(CublasLtStub stub) {
    return matmuls(stub, Map.of());
  }

  /** How many products a start runs to make ready for the shape. */
  private long matmuls(CublasLtStub stub, Map<String, String> environment) {
    try (Context context = Emulated.driver().gpu(0).open()) {
      Gemm gemm = new CublasLtProvider(folder, file(), environment).open(context, context.stream());
      gemm.prepare(SHAPE);
      List<String> calls = stub.calls();
      gemm.close();
      return calls.stream().filter(line -> line.startsWith("matmul")).count();
    }
  }
}
