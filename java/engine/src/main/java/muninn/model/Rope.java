package muninn.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;

/**
 * Rotary position embedding on adjacent pairs (Su et al. 2021), as a table that every device
 * shares: the angle of pair i at position p is {@code p · base^(-2i/D)}, in float32 as the
 * published code computes it.
 */
final class Rope {
  private Rope() {}

  /** {@code [blockSize, D]}: cos and sin of pair 0, of pair 1, … */
  static Buffer table(Device device, Config config) {
    int pairs = config.headWidth() / 2;
    MemorySegment table =
        Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, (long) config.blockSize() * pairs * 2);
    for (int i = 0; i < pairs; i++) {
      float exponent = (2f * i) / config.headWidth();
      float frequency = 1f / (float) Math.pow(config.ropeBase(), exponent);
      for (int p = 0; p < config.blockSize(); p++) {
        float angle = p * frequency;
        long at = ((long) p * pairs + i) * 2;
        table.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) Math.cos(angle));
        table.setAtIndex(ValueLayout.JAVA_FLOAT, at + 1, (float) Math.sin(angle));
      }
    }
    return device.table(DType.F32, config.blockSize(), config.headWidth(), table);
  }
}
