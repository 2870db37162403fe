package muninn.cuda;

import java.nio.file.Path;

/** A cuBLASLt that computes by plain loops, compiled from {@code cuda/cublaslt.cpp}. */
public final class CublasLtStub extends NativeStub {

  /**
   * @param folder where to put it
   * @param name the name to put it there under
   * @param defines OLD, or none
   */
  public CublasLtStub(Path folder, String name, String... defines) {
    super(folder.resolve(name), "/cuda/cublaslt.cpp", defines);
    tell("stub_driver", Emulated.library().toString());
  }

  /**
   * @param library its own version, 120604 for 12.6.4
   * @param cuda of the CUDA it was built for, 12060 for 12.6
   */
  public void version(int library, int cuda) {
    tell("stub_version", library, cuda);
  }

  /**
   * Of the four ways to compute a product.
   *
   * @param fast the one that takes no extra time
   * @param refused one that is proposed and does not run; -1: none
   * @param unfit one that is listed as not fit; -1: none
   */
  public void ways(int fast, int refused, int unfit) {
    tell("stub_ways", fast, refused, unfit);
  }

  /** Handles, descriptors, layouts, preferences created and not destroyed. */
  public int living() {
    return ask("stub_living");
  }
}
