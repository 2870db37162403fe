package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the timeline's build of the kernels rests on. */
class TimelineTest {
  private static final Path KERNELS = Path.of("../../kernels-cu");

  /** A kernel's definition up to its body, or a macro that makes the beginning of one. */
  private static final Pattern KERNEL =
      Pattern.compile("\\b[A-Z_]*KERNEL(_BOUNDS|_REGISTERS)?\\((?<rest>[^;{}]*)[{](?<body>[^;]*);");

  @Test
  void everyKernelBeginsWithItsClock() throws IOException {
    List<String> without = new ArrayList<>();
    int kernels = 0;
    try (Stream<Path> files = Files.list(KERNELS)) {
      for (Path file : files.filter(f -> f.toString().matches(".*\\.(cu|cuh)")).toList()) {
        if (file.endsWith("device.cuh") || file.endsWith("timeline.cuh")) {
          continue; // these define the macros
        }
        Matcher matcher = KERNEL.matcher(Files.readString(file).replaceAll("\\\\\n|//[^\n]*", " "));
        while (matcher.find()) {
          kernels++;
          if (!matcher.group("body").strip().equals("TIMELINE")) {
            without.add(file.getFileName() + ": " + matcher.group("rest"));
          }
        }
      }
    }
    assertThat(without).isEmpty();
    assertThat(kernels).isGreaterThan(45);
  }
}
