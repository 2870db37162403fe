package muninn.cuda;

import java.lang.foreign.Arena;
import muninn.UserException;

/** Loaded kernels; see {@link Context#module}. */
public final class CudaModule extends Handle {
  private final String name;

  CudaModule(Context context, String name, long handle) {
    super(context, handle, true);
    this.name = name;
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
    int code;
    try (Arena arena = Arena.ofConfined()) {
      code =
          context.api.moduleGetFunction(
              context.scratch.address(), value(), arena.allocateFrom(kernel).address());
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

  @Override
  void release(long handle) {
    context.driver.check("cuModuleUnload", context.api.moduleUnload(handle));
  }
}
