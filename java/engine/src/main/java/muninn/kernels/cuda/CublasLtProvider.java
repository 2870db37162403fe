package muninn.kernels.cuda;

import java.nio.file.Path;
import muninn.cuda.Context;
import muninn.cuda.CublasLt;
import muninn.cuda.Stream;

/** Opens {@link CublasLtGemm}. */
public final class CublasLtProvider implements GemmProvider {
  private final Path folder;

  /** Looks where the machine's settings say. */
  public CublasLtProvider() {
    this(null);
  }

  /**
   * @param folder where to look first instead of the folder that the environment names; null: there
   */
  CublasLtProvider(Path folder) {
    this.folder = folder;
  }

  @Override
  public String name() {
    return "cublaslt";
  }

  @Override
  public Gemm open(Context context, Stream stream) {
    CublasLt library =
        folder == null ? CublasLt.open(context.gpu()) : CublasLt.open(context.gpu(), folder);
    return new CublasLtGemm(context, stream, library);
  }
}
