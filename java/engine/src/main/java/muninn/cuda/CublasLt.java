package muninn.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import muninn.UserException;

/**
 * NVIDIA's library of matrix products, cuBLASLt 12 or 13, where the machine has it. Like the driver
 * it is opened by name, and whatever keeps it from serving is one sentence for the user; unlike the
 * driver it can be done without. It stays loaded until the process ends. For every thread.
 */
public final class CublasLt {
  /** Where to look first: a folder of the CUDA toolkit, or of a wheel, with the library in it. */
  private static final String FOLDER = "MUNINN_CUBLAS";

  private static final List<String> NAMES =
      List.of("libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so");
  // Of cublasStatus_t.
  private static final int NOT_INITIALIZED = 1;
  private static final int ALLOC_FAILED = 3;
  private static final int INVALID_VALUE = 7;
  private static final int ARCH_MISMATCH = 8;
  static final int NOT_SUPPORTED = 15;

  private static final int OLDEST = 12;
  private static final int NEWEST = 13;

  private static final String INSTEAD =
      "; install the CUDA toolkit's or a nvidia-cublas wheel's, of version 12 or 13, and name its"
          + " folder in "
          + FOLDER
          + ", or do without (gemm=own)";

  private final String library;
  private final long version;
  final CublasLtApi api;

  private CublasLt(String library, long version, CublasLtApi api) {
    this.library = library;
    this.version = version;
    this.api = api;
  }

  /**
   * Opens the newest one that the GPU's driver can serve, from the folder in {@code MUNINN_CUBLAS}
   * or else from where the system's loader looks.
   *
   * @throws UserException when there is none, saying of each one that was found why it does not do
   */
  public static CublasLt open(Gpu gpu) {
    return open(gpu, LibraryFolder.named(System.getenv(), FOLDER, NAMES));
  }

  /**
   * The same with another folder to look in first.
   *
   * @param folder null for none
   */
  public static CublasLt open(Gpu gpu, Path folder) {
    return open(gpu.driver(), folder, NAMES);
  }

  static CublasLt open(Driver driver, Path folder, List<String> names) {
    List<String> problems = new ArrayList<>();
    if (folder != null) {
      for (String name : names) {
        Path path = folder.resolve(name).toAbsolutePath();
        if (Files.isRegularFile(path)) {
          try {
            return of(path.toString(), SymbolLookup.libraryLookup(path, Arena.global()), driver);
          } catch (IllegalArgumentException e) {
            problems.add(path + " cannot be loaded");
          } catch (UserException e) {
            problems.add(e.getMessage());
          }
        }
      }
      if (problems.isEmpty()) {
        problems.add(folder + " has none of " + String.join(", ", names));
      }
    }
    int found = problems.size();
    for (String name : names) {
      SymbolLookup symbols;
      try {
        symbols = SymbolLookup.libraryLookup(name, Arena.global());
      } catch (IllegalArgumentException e) {
        continue;
      }
      try {
        return of(name, symbols, driver);
      } catch (UserException e) {
        problems.add(e.getMessage());
      }
    }
    if (problems.size() == found) {
      problems.add("the system's loader finds none of " + String.join(", ", names));
    }
    throw new UserException("no cuBLASLt: " + String.join("; ", problems) + INSTEAD);
  }

  private static CublasLt of(String library, SymbolLookup symbols, Driver driver) {
    long version = CublasLtApi.version(symbols, library);
    long major = version / 10_000;
    if (major < OLDEST || major > NEWEST) {
      throw UserException.of(
          "%s is version %s, too %s", library, text(version), major < OLDEST ? "old" : "new");
    }
    CublasLtApi api = new CublasLtApi(symbols, library);
    int cuda = Math.toIntExact(api.cudaVersion());
    if (cuda / 1000 > driver.cuda() / 1000) {
      throw UserException.of(
          "%s is for CUDA %s, but the driver only for CUDA %s",
          library, Driver.text(cuda), driver.version());
    }
    return new CublasLt(library, version, api);
  }

  /** Prepares it for products on a GPU, with the workspace they may use. */
  public Blas open(Context context) {
    return Blas.open(this, context);
  }

  /** Such as {@code 12.6.4}. */
  public String version() {
    return text(version);
  }

  /** Such as {@code cuBLASLt 12.6.4 (libcublasLt.so.12)}. */
  @Override
  public String toString() {
    return "cuBLASLt " + version() + " (" + library + ")";
  }

  void check(String call, int status) {
    if (status != 0) {
      throw failure(call, status);
    }
  }

  private RuntimeException failure(String call, int status) {
    String failed =
        String.format(Locale.ROOT, "%s of %s failed with %s: ", call, this, api.statusName(status));
    return switch (status) {
      case NOT_INITIALIZED ->
          new UserException(
              failed + "it does not work with this driver; update one of them, or take gemm=own");
      case ALLOC_FAILED ->
          new UserException(
              failed
                  + "the GPU's memory is full; end other programs on it (nvidia-smi lists them), or"
                  + " take fewer sequences or a smaller model");
      case ARCH_MISMATCH ->
          new UserException(failed + "it does not support this GPU; take gemm=own");
      case NOT_SUPPORTED -> new UserException(failed + "it has no such product; take gemm=own");
      case INVALID_VALUE -> new CudaException(call, status, failed + "an argument is out of range");
      default ->
          new CudaException(call, status, failed + "see cublasStatus_t in its documentation");
    };
  }

  private static String text(long version) {
    return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
  }
}
