package muninn.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A driver that only remembers what it was asked, compiled from {@code cuda/stub.cpp}. */
final class Stub extends NativeStub {

  /**
   * @param defines OLD or PARTIAL, or none
   */
  Stub(Path folder, String... defines) {
    super(file(folder), "/cuda/stub.cpp", defines);
  }

  private static Path file(Path folder) {
    try {
      return Files.createTempFile(folder, "libstub", ".so");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Driver open() {
    return Driver.open(path());
  }

  void version(int version) {
    tell("stub_version", version);
  }

  void devices(int count) {
    tell("stub_devices", count);
  }

  void memory(long free, long total) {
    tell("stub_memory", free, total);
  }

  void report(String report) {
    tell("stub_report", report);
  }

  void jitLog(String log) {
    tell("stub_jit_log", log);
  }

  int layout(int index) {
    return ask("stub_layout", index);
  }
}
