package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

final class HostMemoryTest {

  @Test
  void availableMemoryIsPositiveAndNoMoreThanThereIs() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    assertThat(HostMemory.availableBytes()).isBetween(1L, system.getTotalMemorySize());
  }
}
