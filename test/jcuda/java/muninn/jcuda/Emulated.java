package muninn.jcuda;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import muninn.cuda.Driver;
import org.junit.jupiter.api.Assumptions;

/** The emulated device, and what g++ makes for it, as the build left them. */
final class Emulated {
  private Emulated() {}

  static Driver driver() {
    return Driver.open(library());
  }

  static Path library() {
    return built("libmuninn-emulated.so");
  }

  /** Kernels of a user's own. */
  static byte[] image() {
    try {
      return Files.readAllBytes(built("interop.so"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of {@code native/target}; without a compiler the test is skipped by name. */
  private static Path built(String name) {
    String folder = System.getProperty("muninn.native");
    if (folder == null) {
      return fail("run by Maven, or with -Dmuninn.native=<repository>/native/target");
    }
    // Natives of JCuda are there for this machine only.
    Assumptions.assumeTrue(
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "JCuda has native code for Linux on x86_64 only");
    Path file = Path.of(folder, name);
    if (!Files.isRegularFile(file)) {
      gxx("--version");
      fail(file + " is not there: run mvn process-test-resources");
    }
    return file;
  }

  /** Runs g++; what it reports fails the test, and its absence skips it. */
  static void gxx(String... arguments) {
    try {
      List<String> command = new ArrayList<>(List.of("g++"));
      command.addAll(List.of(arguments));
      Process process;
      try {
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
      } catch (IOException e) {
        Assumptions.abort("g++ not found: install g++ 12 or later");
        return;
      }
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        fail(String.join(" ", command) + "\n" + said);
      }
    } catch (IOException e) {
      fail(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e);
    }
  }
}
