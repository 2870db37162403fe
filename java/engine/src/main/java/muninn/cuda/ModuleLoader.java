package muninn.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import muninn.UserException;

/**
 * Loads compiled kernels into a context, and says in a sentence why that failed: what is in the
 * image, what the GPU and the driver take, and what the compiler of PTX reports.
 */
final class ModuleLoader {
  private static final int JIT_ERROR_LOG = 5;
  private static final int JIT_ERROR_LOG_BYTES = 6;
  private static final int LOG_BYTES = 8192;

  private final Context context;

  ModuleLoader(Context context) {
    this.context = context;
  }

  /** See {@link Context#module}. */
  CudaModule load(String name, MemorySegment image) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment copy =
          image.isNative() ? image : local.allocate(image.byteSize(), 16).copyFrom(image);
      List<MemorySegment> images = Fatbins.split(copy);
      MemorySegment log = local.allocate(LOG_BYTES + 1);
      long[] handles = new long[images.size()];
      int loaded = 0;
      int failed = 0;
      for (int i = 0;
          i < images.size() && (failed == 0 || failed == Status.NO_BINARY_FOR_GPU);
          i++) {
        int code = load(images.get(i), log, local);
        if (code == 0) {
          handles[loaded++] = context.answer();
        } else {
          failed = code;
        }
      }
      if (loaded == 0 || failed != 0 && failed != Status.NO_BINARY_FOR_GPU) {
        for (int i = 0; i < loaded; i++) {
          context.api.moduleUnload(handles[i]);
        }
        throw moduleFailure(name, failed, log.getString(0).strip());
      }
      return new CudaModule(context, name, Arrays.copyOf(handles, loaded));
    }
  }

  /** Loads one image; the driver's code, and what the compiler of PTX says in the log. */
  private int load(MemorySegment image, MemorySegment log, Arena local) {
    log.fill((byte) 0);
    MemorySegment options = local.allocateFrom(JAVA_INT, JIT_ERROR_LOG, JIT_ERROR_LOG_BYTES);
    MemorySegment values = local.allocate(ADDRESS, 2);
    values.setAtIndex(JAVA_LONG, 0, log.address());
    values.setAtIndex(JAVA_LONG, 1, LOG_BYTES);
    return context.api.moduleLoadDataEx(
        context.scratch.address(), image.address(), 2, options.address(), values.address());
  }

  private RuntimeException moduleFailure(String name, int code, String log) {
    String detail = log.isEmpty() ? context.api.report() : log;
    String reason =
        switch (code) {
          case Status.NO_BINARY_FOR_GPU ->
              String.format(
                  Locale.ROOT,
                  "holds no kernels for the %s: build them for sm_%d, or run on the CPU"
                      + " (device=cpu)",
                  context.gpu(),
                  context.gpu().capability());
          case Status.UNSUPPORTED_PTX_VERSION ->
              String.format(
                  Locale.ROOT,
                  "its PTX is newer than the driver, which is for CUDA %s: update the driver, or"
                      + " build the kernels with nvcc %s or earlier",
                  context.driver.version(),
                  context.driver.version());
          case Status.INVALID_IMAGE, Status.INVALID_PTX ->
              "is damaged, or no CUDA kernels: build them again";
          default -> null;
        };
    if (reason == null) {
      return context.driver.failure("cuModuleLoadDataEx of " + name, code);
    }
    return UserException.of(
        "%s: %s (cuModuleLoadDataEx failed with %s%s)",
        name, reason, context.driver.name(code), detail.isEmpty() ? "" : ": " + detail);
  }
}
