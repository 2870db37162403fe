package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said where the emulated device is not as it should be. */
class EmulatedDriverTest {
  @TempDir Path folder;

  @Test
  void whatWasNotBuiltIsToBeBuilt() {
    assertThatThrownBy(() -> CudaDevices.emulatedDriver(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is not there: build the emulated device with native/build.sh");
  }

  @Test
  void aLibraryOfOtherSourcesIsToBeBuiltAgain() throws IOException {
    isBuiltAgain(Files.readAllBytes(Path.of(System.getProperty("java.home"), "lib/libjimage.so")));
  }

  @Test
  void aLibraryOfAnotherMachineIsToBeBuiltAgain() throws IOException {
    isBuiltAgain("not for this machine".getBytes(StandardCharsets.UTF_8));
  }

  private void isBuiltAgain(byte[] library) throws IOException {
    Files.createFile(folder.resolve("kernels.so"));
    Path driver = Files.write(folder.resolve("libmuninn-emulated.so"), library);

    assertThatThrownBy(() -> CudaDevices.emulatedDriver(folder))
        .isInstanceOf(UserException.class)
        .hasMessage(
            driver
                + ": was built of other sources, or on another machine: run native/build.sh again,"
                + " or run on the CPU (device=cpu)");
  }
}
