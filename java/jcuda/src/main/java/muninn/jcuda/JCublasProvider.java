package muninn.jcuda;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.Stream;
import muninn.kernels.cuda.Gemm;
import muninn.kernels.cuda.GemmProvider;

/**
 * Opens cuBLAS 12 through JCublas. It looks for the library where {@code cublaslt} looks: in the
 * folder in {@code MUNINN_CUBLAS}, or else where the system's loader does. JCublas was linked to
 * cuBLAS 12, so one of CUDA 13 does not serve.
 */
public final class JCublasProvider implements GemmProvider {
  private static final String FOLDER = "MUNINN_CUBLAS";
  private static final String LIBRARY = "libcublas.so.12";

  /** cuBLAS loads it by itself, but from where the loader looks only. */
  private static final String LT_LIBRARY = "libcublasLt.so.12";

  private final String folder;
  private final String library;

  public JCublasProvider() {
    this(System.getenv(FOLDER), LIBRARY);
  }

  /**
   * @param folder where to look first; null: nowhere
   * @param library under which name
   */
  JCublasProvider(String folder, String library) {
    this.folder = folder == null || folder.isBlank() ? null : folder;
    this.library = library;
  }

  @Override
  public String name() {
    return "jcublas";
  }

  @Override
  public Gemm open(Context context, Stream stream) {
    JCudaNatives.preload(places(LT_LIBRARY));
    String found = JCudaNatives.preload(places(library));
    if (found == null) {
      throw UserException.of(
          "JCublas needs cuBLAS 12, and %s%s can be loaded; install the CUDA 12 toolkit's or the"
              + " nvidia-cublas-cu12 wheel's and name its folder in %s, or take gemm=cublaslt or"
              + " own",
          folder == null ? "" : "neither " + Path.of(folder, library) + " nor ",
          folder == null ? "no " + library : library,
          FOLDER);
    }
    JCudaNatives.cublas(library);
    return new JCublasGemm(context, stream, found);
  }

  private List<String> places(String name) {
    List<String> places = new ArrayList<>();
    if (folder != null) {
      places.add(Path.of(folder, name).toAbsolutePath().toString());
    }
    places.add(name);
    return places;
  }
}
