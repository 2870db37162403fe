package muninn.cuda;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The C++ compiler, which tests of native code need. */
final class Gxx {
  private Gxx() {}

  /** Skips the test, by name, on a machine without it. */
  static void require() {
    try {
      run(List.of("g++", "--version"));
    } catch (IOException e) {
      fail(e);
    }
  }

  /**
   * Runs it. A machine without g++ has the test skipped by name; the check that every change must
   * pass does not accept that. Anything it reports fails the test.
   */
  static void run(List<String> command) throws IOException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      Assumptions.abort(command.getFirst() + " not found: install g++ 12 or later");
      return;
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        fail(String.join(" ", command) + "\n" + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e);
    }
  }
}
