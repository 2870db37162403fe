package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

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
    try (Arena arena = Arena.ofConfined()) {
      check(
          "cuModuleGetFunction",
          "kernel",
          kernel,
          context.api.moduleGetFunction(
              context.scratch.address(), value(), arena.allocateFrom(kernel).address()));
      return new Kernel(this, kernel, context.answer());
    }
  }

  /** A {@code __device__} or {@code __constant__} variable; closing it frees nothing. */
  public DeviceMemory global(String global) {
    try (Arena arena = Arena.ofConfined()) {
      long scratch = context.scratch.address();
      check(
          "cuModuleGetGlobal",
          "variable",
          global,
          context.api.moduleGetGlobal(
              scratch, scratch + Long.BYTES, value(), arena.allocateFrom(global).address()));
      return context.borrowMemory(context.answer(), context.scratch.get(JAVA_LONG, Long.BYTES));
    }
  }

  private void check(String call, String kind, String what, int code) {
    if (code == Status.NOT_FOUND) {
      throw UserException.of(
          "%s: has no %s '%s' (%s failed with %s); it is of another build of Muninn: build both"
              + " again",
          name, kind, what, call, context.driver.name(code));
    }
    context.driver.check(call + " of " + what, code);
  }

  @Override
  void release(long handle) {
    context.driver.check("cuModuleUnload", context.api.moduleUnload(handle));
  }
}
