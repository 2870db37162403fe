package muninn.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import muninn.UserException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Finding cuBLASLt, or being told in one sentence why there is none. */
class CublasLtTest {
  private static final String REMEDY =
      "; install the CUDA toolkit's or a nvidia-cublas wheel's, of version 12 or 13, and name its"
          + " folder in MUNINN_CUBLAS, or do without (gemm=own)";

  @TempDir private Path folder;
  private Driver driver;

  @BeforeEach
  void driverOfCuda12() {
    Stub stub = new Stub(folder);
    stub.version(12_040);
    driver = stub.open();
  }

  /** Names that no machine has, so that only the folder counts. */
  private CublasLt open() {
    return CublasLt.open(driver, folder, List.of("libnoLt.so.13", "libnoLt.so.12"));
  }

  private CublasLtStub library(String name, String... defines) {
    return new CublasLtStub(folder, name, defines);
  }

  @Test
  void absentEverywhereIsOneSentenceWithTheRemedy() {
    assertThatThrownBy(() -> CublasLt.open(driver, null, List.of("libnoLt.so.13", "libnoLt.so")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no cuBLASLt: the system's loader finds none of libnoLt.so.13, libnoLt.so" + REMEDY);
  }

  @Test
  void aFolderWithoutItIsNamed() {
    assertThatThrownBy(this::open)
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no cuBLASLt: "
                + folder
                + " has none of libnoLt.so.13, libnoLt.so.12; the system's loader finds none of"
                + " libnoLt.so.13, libnoLt.so.12"
                + REMEDY);
  }

  @ParameterizedTest
  @CsvSource({
    "120402, 12040, 12.4.2",
    "120604, 12060, 12.6.4",
    "121100, 12090, 12.11.0",
  })
  void version12Serves(int version, int cuda, String text) {
    library("libnoLt.so.12").version(version, cuda);
    assertThat(open().version()).isEqualTo(text);
    assertThat(open())
        .hasToString("cuBLASLt " + text + " (" + folder.resolve("libnoLt.so.12") + ")");
  }

  @Test
  void theNewestThatTheDriverCanServeIsTaken() {
    library("libnoLt.so.12");
    library("libnoLt.so.13").version(130_101, 13_010);
    assertThat(open().version()).isEqualTo("12.6.4");

    Stub newer = new Stub(folder);
    newer.version(13_000);
    driver = newer.open();
    assertThat(open().version()).isEqualTo("13.1.1");
  }

  @Test
  void whatIsFoundAndDoesNotServeIsNamedWithTheReason() {
    library("libnoLt.so.13").version(130_101, 13_010);
    library("libnoLt.so.12", "OLD").version(111_103, 11_080);
    assertThatThrownBy(this::open)
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no cuBLASLt: %s is for CUDA 13.1, but the driver only for CUDA 12.4; %s is version"
                    .formatted(folder.resolve("libnoLt.so.13"), folder.resolve("libnoLt.so.12"))
                + " 11.11.3, too old; the system's loader finds none of libnoLt.so.13,"
                + " libnoLt.so.12"
                + REMEDY);
  }

  @Test
  void aNewerOneAndADamagedOneAreNamed() throws Exception {
    byte[] damaged = Files.readAllBytes(library("libnoLt.so").path());
    damaged[18] = 2; // e_machine of its ELF header: SPARC
    Files.write(folder.resolve("libnoLt.so.13"), damaged);
    library("libnoLt.so.12").version(140_000, 14_000);
    assertThatThrownBy(this::open)
        .isInstanceOf(UserException.class)
        .hasMessageContaining(folder.resolve("libnoLt.so.13") + " cannot be loaded; ")
        .hasMessageContaining(folder.resolve("libnoLt.so.12") + " is version 14.0.0, too new; ");
  }

  @Test
  void aLibraryThatIsNotCublasLtIsNamedByItsFirstMissingFunction() {
    assertThatThrownBy(() -> CublasLt.open(driver, null, List.of("libm.so.6")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no cuBLASLt: libm.so.6 is not cuBLASLt 12 or 13, it has no function"
                + " cublasLtGetVersion"
                + REMEDY);
    library("libnoLt.so.12", "OLD");
    assertThatThrownBy(this::open)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it has no function cublasLtGetStatusName");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1  | status 1: it does not work with this driver; update one of them, or take gemm=own
          3  | CUBLAS_STATUS_ALLOC_FAILED (3): the GPU's memory is full; end other programs on it (nvidia-smi lists them), or take fewer sequences or a smaller model
          8  | CUBLAS_STATUS_ARCH_MISMATCH (8): it does not support this GPU; take gemm=own
          """)
  void whatAUserCanMendNamesCallErrorAndRemedy(int status, String message) {
    library("libnoLt.so.12").fail("cublasLtCreate", status);
    CublasLt library = open();
    try (Context context = driver.gpu(0).open()) {
      assertThatThrownBy(() -> library.open(context))
          .isInstanceOf(UserException.class)
          .hasMessage("cublasLtCreate of " + library + " failed with " + message);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          7  | CUBLAS_STATUS_INVALID_VALUE (7): an argument is out of range
          14 | status 14: see cublasStatus_t in its documentation
          """)
  void whatNobodyCanMendHasItsCode(int status, String message) {
    library("libnoLt.so.12").fail("cublasLtMatmulAlgoGetHeuristic", status);
    CublasLt library = open();
    try (Context context = driver.gpu(0).open();
        Blas blas = library.open(context)) {
      assertThatThrownBy(() -> blas.matmul(1, 8, 8, 8, 8, false, 1))
          .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.code()).isEqualTo(status))
          .hasMessage("cublasLtMatmulAlgoGetHeuristic of " + library + " failed with " + message);
    }
  }
}
