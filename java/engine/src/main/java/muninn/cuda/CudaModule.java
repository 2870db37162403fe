package muninn.cuda;

import java.lang.foreign.Arena;
import muninn.UserException;

/**
 * Loaded kernels; see {@link Context#module}. Each fatbin of the image is one module to the driver,
 * and all of them are one here: kernels have names of their own.
 */
public final class CudaModule extends Handle {
  private final String name;
  private final long[] modules;

  CudaModule(Context context, String name, long[] modules) {
    super(context, modules[0], true);
    this.name = name;
    this.modules = modules;
  }

  /** As it was given when it was loaded. */
  public String name() {
    return name;
  }

  /**
   * A kernel by its {@code extern "C"} name; it lives as long as the module.
   *
   * @throws UserException when the module has none of that name
   */
  public Kernel kernel(String kernel) {
    value();
    int code = Status.NOT_FOUND;
    try (Arena arena = Arena.ofConfined()) {
      long text = arena.allocateFrom(kernel).address();
      for (int i = 0; i < modules.length && code == Status.NOT_FOUND; i++) {
        code = context.api.moduleGetFunction(context.scratch.address(), modules[i], text);
      }
    }
    if (code == Status.NOT_FOUND) {
      throw UserException.of(
          "%s: has no kernel '%s' (cuModuleGetFunction failed with %s); it is of another build of"
              + " Muninn: build both again",
          name, kernel, context.driver.name(code));
    }
    context.driver.check("cuModuleGetFunction of " + kernel, code);
    return new Kernel(this, kernel, context.answer());
  }

  /** Whether it has a kernel of that name: some are for some GPUs alone. */
  public boolean has(String kernel) {
    value();
    try (Arena arena = Arena.ofConfined()) {
      long text = arena.allocateFrom(kernel).address();
      for (long module : modules) {
        int code = context.api.moduleGetFunction(context.scratch.address(), module, text);
        if (code != Status.NOT_FOUND) {
          context.driver.check("cuModuleGetFunction of " + kernel, code);
          return true;
        }
      }
    }
    return false;
  }

  @Override
  void release(long handle) {
    int failed = 0;
    for (long module : modules) {
      int code = context.api.moduleUnload(module);
      failed = failed == 0 ? code : failed;
    }
    context.driver.check("cuModuleUnload", failed);
  }
}
