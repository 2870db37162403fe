package muninn.lab.counters;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import muninn.kernels.cuda.CudaDevices;

/**
 * What the compiler says of each kernel on each architecture, as {@code kernels-cu/build.sh} writes
 * it down: lines of file, kernel, architecture, registers and more, those with {@code #} aside.
 */
public final class KernelReport {
  private static final String NAME = "muninn-report.txt";
  private static final int KERNEL = 1;
  private static final int ARCHITECTURE = 2;
  private static final int REGISTERS = 3;

  private final Map<String, Integer> registers = new HashMap<>();

  private KernelReport(String text) {
    text.lines()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .map(line -> line.strip().split("\\s+", -1))
        .forEach(
            words ->
                registers.put(
                    words[KERNEL] + " " + words[ARCHITECTURE], Integer.valueOf(words[REGISTERS])));
  }

  /** That of this build, or of its installation's folder; empty where nvcc was not there. */
  public static Optional<KernelReport> ofThisBuild() {
    try (InputStream in = CudaDevices.class.getResourceAsStream(NAME)) {
      if (in != null) {
        return Optional.of(new KernelReport(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path built = Path.of(System.getProperty("muninn.home", "."), "kernels-cu", "target", NAME);
    return Files.isRegularFile(built) ? Optional.of(of(built)) : Optional.empty();
  }

  /** A report, or the table of instructions, which begins alike. */
  public static KernelReport of(Path file) {
    try {
      return new KernelReport(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of a thread; empty where the kernel was not compiled for that chip. */
  public OptionalInt registers(String kernel, Chip chip) {
    Integer found = registers.get(kernel + " " + chip.label());
    return found == null ? OptionalInt.empty() : OptionalInt.of(found);
  }
}
