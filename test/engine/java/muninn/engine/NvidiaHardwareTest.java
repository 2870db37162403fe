package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NvidiaHardwareTest {
  @TempDir Path root;

  private void plugIn(String slot, String vendor, String type) throws IOException {
    Path device = Files.createDirectories(root.resolve("sys/bus/pci/devices").resolve(slot));
    Files.writeString(device.resolve("vendor"), vendor + "\n");
    Files.writeString(device.resolve("class"), type + "\n");
  }

  @Test
  void aGpuIsSeenOnTheBusWithoutADriver() throws IOException {
    assertThat(NvidiaHardware.isThere(root)).isFalse();
    plugIn("0000:00:01.0", "0x8086", "0x030000");
    plugIn("0000:00:02.0", "0x10de", "0x040300"); // its sound
    assertThat(NvidiaHardware.isThere(root)).isFalse();
    plugIn("0000:00:03.0", "0x10de", "0x030200");
    assertThat(NvidiaHardware.isThere(root)).isTrue();
  }

  @Test
  void aDriversNodeIsEnough() throws IOException {
    Files.createFile(Files.createDirectory(root.resolve("dev")).resolve("nvidiactl"));
    assertThat(NvidiaHardware.isThere(root)).isTrue();
  }
}
