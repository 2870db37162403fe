package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.UserException;

/**
 * A library that exports the CUDA driver API: the machine's own, or the emulated device. Opening it
 * is how a GPU is detected: whatever keeps it from working is one sentence for the user. The
 * library stays loaded until the process ends, for its own threads may still be in it. Safe for use
 * by several threads.
 */
public final class Driver {
  /** The machine's own driver. */
  public static final String LIBRARY = "libcuda.so.1";

  /** CUDA 12.4, as the driver counts: launches with attributes, and a kernel's parameter sizes. */
  private static final int OLDEST = 12_040;

  private static final String INSTEAD = ", or run on the CPU (device=cpu)";

  private final String library;
  private final Api api;
  private final int version;
  private final Optional<EmulatedCounters> counters;

  private Driver(String library, Api api, int version, Optional<EmulatedCounters> counters) {
    this.library = library;
    this.api = api;
    this.version = version;
    this.counters = counters;
  }

  /**
   * Opens the machine's own driver.
   *
   * @throws UserException when there is none, it is older than CUDA 12.4, or it does not work
   */
  public static Driver open() {
    return open(LIBRARY);
  }

  /** Opens the library of that name, looked for as the system's loader does. */
  static Driver open(String name) {
    try {
      return of(name, SymbolLookup.libraryLookup(name, Arena.global()));
    } catch (IllegalArgumentException e) {
      throw new UserException(
          "no NVIDIA driver: the system's loader finds no "
              + name
              + " that it can load; install driver 550 or later"
              + INSTEAD,
          e);
    }
  }

  /**
   * Opens a driver by its path, such as the emulated device.
   *
   * @throws UserException as {@link #open()}
   */
  public static Driver open(Path path) {
    Path absolute = path.toAbsolutePath();
    if (!Files.isRegularFile(absolute)) {
      throw UserException.of("%s: no such file; name a library with the CUDA driver API", path);
    }
    try {
      return of(path.toString(), SymbolLookup.libraryLookup(absolute, Arena.global()));
    } catch (IllegalArgumentException e) {
      throw new UserException(
          path
              + ": cannot be loaded; name a library with the CUDA driver API, built for this"
              + " machine",
          e);
    }
  }

  /**
   * Sees to it that an emulated device understands the environment.
   *
   * @throws UserException naming the variable that it does not
   */
  public static void requireSettings(Path emulated) {
    String refusal;
    try {
      refusal = Api.refusal(SymbolLookup.libraryLookup(emulated.toAbsolutePath(), Arena.global()));
    } catch (IllegalArgumentException e) {
      return; // it cannot be loaded, as whoever opens it will say
    }
    if (!refusal.isEmpty()) {
      throw new UserException(refusal);
    }
  }

  private static Driver of(String library, SymbolLookup symbols) {
    int version = Api.version(symbols, library);
    // 0: it did not say, so cuInit will tell why.
    if (version != 0 && version < OLDEST) {
      throw UserException.of(
          "%s: the NVIDIA driver is for CUDA %s, too old; CUDA 12.4 or later is needed: update it"
              + " to driver 550 or later%s",
          library, text(version), INSTEAD);
    }
    Driver driver =
        new Driver(library, new Api(symbols, library), version, EmulatedCounters.of(symbols));
    driver.check("cuInit", driver.api.init(0));
    return driver;
  }

  /** The library's name or path. */
  public String library() {
    return library;
  }

  /** The newest CUDA it supports, such as {@code 12.4}. */
  public String version() {
    return text(version);
  }

  /**
   * All GPUs that this process may see, in the driver's order.
   *
   * @throws UserException when there is none
   */
  public List<Gpu> gpus() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_INT);
      check("cuDeviceGetCount", api.deviceGetCount(out.address()));
      int count = out.get(JAVA_INT, 0);
      if (count == 0) {
        throw failure("cuDeviceGetCount", Status.NO_DEVICE);
      }
      List<Gpu> gpus = new ArrayList<>();
      for (int ordinal = 0; ordinal < count; ordinal++) {
        check("cuDeviceGet", api.deviceGet(out.address(), ordinal));
        gpus.add(new Gpu(this, ordinal, out.get(JAVA_INT, 0)));
      }
      return List.copyOf(gpus);
    }
  }

  /**
   * One of them.
   *
   * @throws UserException when there are not so many
   */
  public Gpu gpu(int ordinal) {
    List<Gpu> gpus = gpus();
    if (ordinal < 0 || ordinal >= gpus.size()) {
      throw UserException.of(
          "GPU %d is not there: this process sees %s; check nvidia-smi and CUDA_VISIBLE_DEVICES",
          ordinal, gpus.size() == 1 ? "only GPU 0" : "GPUs 0 to " + (gpus.size() - 1));
    }
    return gpus.get(ordinal);
  }

  /** Of the emulated device; empty elsewhere. */
  public Optional<EmulatedCounters> counters() {
    return counters;
  }

  @Override
  public String toString() {
    return library + " (CUDA " + version() + ")";
  }

  Api api() {
    return api;
  }

  /** Does nothing when the call succeeded, else throws what {@link #failure} makes of it. */
  void check(String call, int code) {
    if (code != 0) {
      throw failure(call, code);
    }
  }

  /** A failed call as an exception: the user's to mend, or ours. */
  RuntimeException failure(String call, int code) {
    String report = api.report().isEmpty() ? "" : "; the device reports: " + api.report();
    String user = Status.userRemedy(code);
    if (user != null) {
      return UserException.of("%s failed with %s: %s%s", call, name(code), user, report);
    }
    return new CudaException(
        call,
        code,
        String.format(
            Locale.ROOT,
            "%s failed with %s (%s): %s%s",
            call,
            name(code),
            description(code),
            Status.remedy(code),
            report));
  }

  /** Such as {@code CUDA_ERROR_OUT_OF_MEMORY (2)}. */
  String name(int code) {
    String name = errorText(code, true);
    return name == null ? "error " + code : name + " (" + code + ")";
  }

  private String description(int code) {
    String description = errorText(code, false);
    return description == null ? "which this driver does not know" : description;
  }

  private String errorText(int code, boolean name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      int status =
          name ? api.getErrorName(code, out.address()) : api.getErrorString(code, out.address());
      long text = out.get(JAVA_LONG, 0);
      return status != 0 || text == 0 ? null : Api.text(text);
    }
  }

  /** The newest CUDA it supports, as the driver counts: 12040 for 12.4. */
  int cuda() {
    return version;
  }

  static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }
}
