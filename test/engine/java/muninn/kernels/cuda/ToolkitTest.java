package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import muninn.UserException;
import muninn.cuda.Emulated;
import muninn.cuda.Gpu;
import org.junit.jupiter.api.Test;

/** Kernels and drivers of different versions of CUDA; the emulated driver is for some version. */
class ToolkitTest {
  private final Gpu gpu = Emulated.driver().gpu(0);
  private final String driver = gpu.driver().version();
  private final int major = Integer.parseInt(driver.substring(0, driver.indexOf('.')));

  private static Toolkit toolkit(int major, int minor) {
    return Toolkit.of("# nvcc " + major + "." + minor + " -std=c++17\n# file kernel\n");
  }

  @Test
  void kernelsOfAnyToolkitOfTheDriversMajorVersionOrAnOlderOneAreTaken() {
    assertThatCode(() -> toolkit(major, 9).requireDriverOf(gpu)).doesNotThrowAnyException();
    assertThatCode(() -> toolkit(major - 1, 9).requireDriverOf(gpu)).doesNotThrowAnyException();
  }

  @Test
  void kernelsOfANewerToolkitAreRefusedInOneSentence() {
    assertThatThrownBy(() -> toolkit(major + 1, 2).requireDriverOf(gpu))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "made with CUDA %d.2, and the driver is for CUDA %s", major + 1, driver)
        .hasMessageContaining("update the driver")
        .hasMessageContaining("build Muninn with a toolkit of CUDA %d", major);
  }

  @Test
  void aReportWithoutAVersionIsAMistakeOfTheBuild() {
    assertThat(Toolkit.of("# nvcc 12.4 -O3\n")).isEqualTo(new Toolkit(12, 4));
    assertThatThrownBy(() -> Toolkit.of("")).isInstanceOf(IllegalArgumentException.class);
  }
}
