package muninn.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.UserException;
import muninn.cuda.Driver;
import muninn.cuda.EmulatedCounters;
import muninn.cuda.Gpu;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.cpu.CpuDevice;
import muninn.kernels.cpu.CpuOptions;
import muninn.kernels.cuda.CudaDevices;
import muninn.kernels.cuda.CudaOptions;

/** The devices that an engine can run on. */
public final class Devices {
  static final String CUDA = "cuda";
  static final String EMULATED = "emulated";
  private static final String ALL = "all";

  private Devices() {}

  /**
   * A device.
   *
   * @param id what {@link DeviceOptions#device} takes
   * @param description what it is here, or why it cannot be used
   */
  public record Found(String id, String description, boolean available) {}

  /** All that this build knows of, whether they can be used here or not. */
  public static List<Found> list() {
    List<Found> found = new ArrayList<>();
    try (Device cpu = new CpuDevice(0)) {
      String bf16 = CpuDevice.bf16Instructions(natives()).map("; bfloat16 by "::concat).orElse("");
      found.add(new Found("cpu", cpu.name() + bf16, true));
    } catch (UserException e) {
      found.add(new Found("cpu", e.getMessage(), false));
    }
    try {
      for (Gpu gpu : Driver.open().gpus()) {
        String id = gpu.ordinal() == 0 ? CUDA : CUDA + ":" + gpu.ordinal();
        found.add(usable(id, gpu));
      }
    } catch (UserException e) {
      found.add(new Found(CUDA, e.getMessage(), false));
    }
    try {
      for (Gpu gpu : CudaDevices.emulatedDriver(natives()).gpus()) {
        String id = gpu.ordinal() == 0 ? EMULATED : EMULATED + ":" + gpu.ordinal();
        found.add(new Found(id, "the CUDA device on the CPU, for tests", true));
      }
    } catch (UserException e) {
      found.add(new Found(EMULATED, e.getMessage(), false));
    }
    return found;
  }

  private static Found usable(String id, Gpu gpu) {
    try {
      CudaDevices.gpu(gpu.ordinal());
      double gib = gpu.totalBytes() / (double) (1L << 30);
      return new Found(id, String.format(Locale.ROOT, "%s, %.0f GiB", gpu, gib), true);
    } catch (UserException e) {
      return new Found(id, e.getMessage(), false);
    }
  }

  /**
   * What {@code auto} comes to.
   *
   * @param options with a device that is not {@code auto}
   * @param whyCpu why it is the CPU although there is a GPU; empty where there was no choice
   */
  public record Choice(DeviceOptions options, Optional<String> whyCpu) {}

  /** Replaces {@code auto} by a GPU that can be used, or by the CPU and the reason. */
  public static Choice choose(DeviceOptions wanted) {
    if (!wanted.device().equals("auto")) {
      return new Choice(wanted, Optional.empty());
    }
    try {
      CudaDevices.gpu(0);
    } catch (UserException e) {
      return new Choice(
          wanted.on("cpu"), Optional.of(e.getMessage()).filter(_ -> NvidiaHardware.isThere()));
    }
    return new Choice(wanted.on(CUDA), Optional.empty());
  }

  /**
   * The devices that a name such as {@code cuda:0,2} or {@code cuda:all} stands for, one each.
   *
   * @throws UserException when all are wanted and there is none
   */
  public static List<DeviceOptions> each(DeviceOptions wanted) {
    String[] parts = wanted.device().split(":", 2);
    if (parts.length == 1) {
      return List.of(wanted);
    }
    String kind = parts[0];
    if (!parts[1].equals(ALL)) {
      return Arrays.stream(parts[1].split(",", -1)).map(n -> wanted.on(kind + ":" + n)).toList();
    }
    return driver(kind).gpus().stream().map(g -> wanted.on(kind + ":" + g.ordinal())).toList();
  }

  /** What the emulated device claims until it is closed. */
  public interface Claim extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Lets the emulated device claim to be a GPU of so many multiprocessors and so much memory, so
   * that work is cut as on one, for devices that are opened until the claim is closed.
   *
   * @throws UserException when it was not built
   */
  public static Claim claim(int multiprocessors, long bytes) {
    EmulatedCounters device = driver(EMULATED).counters().orElseThrow();
    device.claim(multiprocessors, bytes);
    return () -> device.claim(0, 0);
  }

  private static Driver driver(String kind) {
    return kind.equals(EMULATED) ? CudaDevices.emulatedDriver(natives()) : Driver.open();
  }

  /**
   * Opens one for the calling thread.
   *
   * @throws UserException when it is not there or cannot be used
   */
  public static Device open(DeviceOptions wanted) {
    DeviceOptions options = choose(wanted).options();
    if (options.device().equals("cpu")) {
      DType dtype = options.dtype().equals("bfloat16") ? DType.BF16 : DType.F32;
      Optional<Path> natives = Optional.of(natives());
      return new CpuDevice(new CpuOptions(options.threads(), dtype, options.kvFormat(), natives));
    }
    CudaOptions cuda =
        new CudaOptions(
            options.dtype().equals("float32") ? DType.F32 : DType.BF16,
            options.kvFormat(),
            options.gpuMemoryUtilization(),
            options.deterministic(),
            options.gemm(),
            options.kernels());
    String[] parts = options.device().split(":", 2);
    int ordinal = parts.length == 1 ? 0 : Integer.parseInt(parts[1]);
    return parts[0].equals(EMULATED)
        ? CudaDevices.openEmulated(natives(), ordinal, cuda)
        : CudaDevices.open(CudaDevices.gpu(ordinal), kernelsForGpus(), cuda);
  }

  /** Where kernels for GPUs are built that are in no jar. */
  private static Path kernelsForGpus() {
    return Path.of(System.getProperty("muninn.home", "."), "kernels-cu", "target");
  }

  /** Where native code is built: below the installation, which the launcher names. */
  private static Path natives() {
    String folder = System.getProperty("muninn.native");
    if (folder == null) {
      folder = System.getProperty("muninn.home", ".") + "/native/target";
    }
    return Path.of(folder);
  }
}
