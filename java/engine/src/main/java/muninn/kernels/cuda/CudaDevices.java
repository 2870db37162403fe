package muninn.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import muninn.cuda.Driver;
import muninn.cuda.Gpu;

/**
 * Finds the two halves of a CUDA device: a driver, and the kernels compiled for what it drives. The
 * emulated device is the same with another library and another image.
 */
public final class CudaDevices {
  /** The kernels for GPUs, in the jar where it was built with nvcc. */
  private static final String FATBIN = "muninn.fatbin";

  /** Those that write down when their blocks ran, where they were built. */
  private static final String TIMELINE_FATBIN = "muninn-timeline.fatbin";

  /** What their compiler said, beside them. */
  private static final String REPORT = "muninn-report.txt";

  private static final String EMULATED_DRIVER = "libmuninn-emulated.so";
  private static final String EMULATED_KERNELS = "kernels.so";
  private static final String EMULATED_TIMELINE = "kernels-timeline.so";

  private CudaDevices() {}

  /**
   * The GPU of this number, if models can run on it.
   *
   * @throws UserException when there is no driver, no such GPU, or this build has no kernels for
   *     GPUs
   */
  public static Gpu gpu(int ordinal) {
    Gpu gpu = Driver.open().gpu(ordinal);
    if (CudaDevices.class.getResource(FATBIN) == null) {
      throw UserException.of(
          "%s cannot be used: this build holds no kernels for GPUs, since nvcc was not found when"
              + " it was built; install the CUDA toolkit 12.4 or later and build again, or run on"
              + " the CPU (device=cpu)",
          gpu);
    }
    toolkit().requireDriverOf(gpu);
    return gpu;
  }

  private static Toolkit toolkit() {
    try (InputStream in = CudaDevices.class.getResourceAsStream(REPORT)) {
      return Toolkit.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens a GPU that {@link #gpu} found, for the calling thread.
   *
   * @param folder where {@code kernels-cu/build.sh} leaves kernels that are not in the jar
   */
  public static CudaDevice open(Gpu gpu, Path folder, CudaOptions options) {
    if (Switches.of(options.kernels()).timeline()) {
      Path image = folder.resolve(TIMELINE_FATBIN);
      if (!Files.isRegularFile(image)) {
        throw UserException.of(
            "%s is not there: build kernels that tell when their blocks run with"
                + " kernels-cu/build.sh timeline",
            image);
      }
      return open(gpu, image, TIMELINE_FATBIN, options);
    }
    try (InputStream in = CudaDevices.class.getResourceAsStream(FATBIN)) {
      return new CudaDevice(gpu, FATBIN, MemorySegment.ofArray(in.readAllBytes()), options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens the emulated device.
   *
   * @param folder where {@code native/build.sh} left it
   * @param ordinal of several
   * @throws UserException when it is not there
   */
  public static CudaDevice openEmulated(Path folder, int ordinal, CudaOptions options) {
    Gpu gpu = emulatedDriver(folder).gpu(ordinal);
    boolean timeline = Switches.of(options.kernels()).timeline();
    String name = timeline ? EMULATED_TIMELINE : EMULATED_KERNELS;
    return open(gpu, built(folder, name), name, options);
  }

  private static CudaDevice open(Gpu gpu, Path image, String name, CudaOptions options) {
    try (Arena arena = Arena.ofConfined();
        FileChannel file = FileChannel.open(image)) {
      MemorySegment kernels = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena);
      return new CudaDevice(gpu, name, kernels, options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The emulated device's driver.
   *
   * @throws UserException when it was not built, or of other sources, or a variable of its own in
   *     the environment is not understood
   */
  public static Driver emulatedDriver(Path folder) {
    built(folder, EMULATED_KERNELS);
    Path driver = built(folder, EMULATED_DRIVER);
    Driver.requireSettings(driver);
    try {
      return Driver.open(driver);
    } catch (UserException e) {
      throw UserException.because(
          e,
          "%s: was built of other sources, or on another machine: run native/build.sh again, or"
              + " run on the CPU (device=cpu)",
          driver);
    }
  }

  private static Path built(Path folder, String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw UserException.of(
          "%s is not there: build the emulated device with native/build.sh (it needs g++ 12 or"
              + " later), or run on the CPU (device=cpu)",
          file);
    }
    return file;
  }
}
