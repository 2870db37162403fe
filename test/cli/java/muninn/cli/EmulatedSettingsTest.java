package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import muninn.cuda.Emulated;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the environment says of the emulated device, as a process of its own reads it. */
class EmulatedSettingsTest {
  @TempDir private Path folder;

  @Test
  void aVariableThatIsNotUnderstoodIsNamedOnceAndTheDeviceNotUsed() throws Exception {
    Emulated.driver(); // skips where none was built
    Path err = folder.resolve("err");
    Process process =
        Cli.start(
            Map.of(
                "MUNINN_EMULATED_SMS",
                "abc",
                "JDK_JAVA_OPTIONS",
                "-Dmuninn.native=" + System.getProperty("muninn.native")),
            err,
            "soak",
            "--model=" + Cli.nano(),
            "--device=emulated");
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(Files.readString(err))
        .containsOnlyOnce("MUNINN_EMULATED_SMS")
        .contains("MUNINN_EMULATED_SMS is 'abc', wanted a whole number from 1 to");
  }
}
