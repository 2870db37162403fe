package muninn.kernels.cuda;

import java.nio.file.Path;
import java.util.Map;
import muninn.cuda.Context;
import muninn.cuda.CublasLt;
import muninn.cuda.Gpu;
import muninn.cuda.Stream;

/** Opens {@link CublasLtGemm}. */
public final class CublasLtProvider implements GemmProvider {
  private final Path folder;
  private final Path tried;
  private final Map<String, String> environment;

  /** Looks where the machine's settings say, and keeps what it has tried for the user. */
  public CublasLtProvider() {
    this(null, null);
  }

  /**
   * @param folder where to look first instead of the folder that the environment names
   */
  CublasLtProvider(Path folder) {
    this(folder, null);
  }

  /**
   * @param folder null: where the environment says
   * @param tried the file of what was fastest; null: the user's, or none where the library was
   *     named
   */
  CublasLtProvider(Path folder, Path tried) {
    this(folder, tried, System.getenv());
  }

  CublasLtProvider(Path folder, Path tried, Map<String, String> environment) {
    this.folder = folder;
    this.tried = tried;
    this.environment = environment;
  }

  @Override
  public String name() {
    return "cublaslt";
  }

  @Override
  public Gemm open(Context context, Stream stream) {
    CublasLt library =
        folder == null ? CublasLt.open(context.gpu()) : CublasLt.open(context.gpu(), folder);
    return new CublasLtGemm(context, stream, library, tried(context.gpu(), library));
  }

  private TriedProducts tried(Gpu gpu, CublasLt library) {
    if (!TriedProducts.allowedBy(environment)) {
      return TriedProducts.forbidden();
    }
    if (tried != null) {
      return TriedProducts.in(tried);
    }
    if (folder != null) {
      return TriedProducts.unkept();
    }
    String driver = gpu.driver().version();
    return TriedProducts.in(
        TriedProducts.file(
            environment,
            Path.of(System.getProperty("user.home")),
            gpu.name(),
            "cuda",
            driver,
            "cublaslt",
            library.version()));
  }
}
