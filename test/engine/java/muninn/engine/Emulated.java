package muninn.engine;

/** The emulated CUDA device as an engine's. */
final class Emulated {
  private Emulated() {}

  /**
   * Skips the test, by name, on a machine without g++.
   *
   * @param dtype {@code float32}, where it computes what the CPU does, or {@code bfloat16}
   */
  static DeviceOptions device(String dtype) {
    muninn.cuda.Emulated.driver();
    return new DeviceOptions("emulated", 0, dtype, 0.9, true, "own");
  }
}
