package muninn.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;

/**
 * The angles of the rotary position embedding (Su et al. 2021): pair i of a head of width D turns
 * by {@code position · base^(-2i/D)}, in float32 as the published code computes it. Which elements
 * make a pair is the architecture's business ({@link Architecture#pairs}): the loader orders rows
 * so that pairs are neighbours.
 *
 * @param scaling null where the frequencies are as they come
 */
public record Rope(float base, Scaling scaling) {

  /**
   * Llama 3's stretching of slow frequencies, so that a model trained on short texts reads long
   * ones: waves shorter than {@code original / high} positions stay, those longer than {@code
   * original / low} turn {@code factor} times slower, and those between are blended.
   *
   * @param original positions of the training before
   */
  public record Scaling(float factor, float low, float high, float original) {
    private float of(float frequency) {
      float wavelength = (float) (2 * Math.PI / frequency);
      if (wavelength < original / high) {
        return frequency;
      }
      if (wavelength > original / low) {
        return frequency / factor;
      }
      float smooth = (original / wavelength - low) / (high - low);
      return (1 - smooth) * frequency / factor + smooth * frequency;
    }
  }

  /** Plain angles. */
  public static Rope of(float base) {
    return new Rope(base, null);
  }

  /** What pair {@code i} of a head turns by from one position to the next. */
  float frequency(int i, int headWidth) {
    float frequency = 1f / (float) Math.pow(base, (2f * i) / headWidth);
    return scaling == null ? frequency : scaling.of(frequency);
  }

  /** {@code [positions, D]}: cos and sin of pair 0, of pair 1, … */
  public Buffer table(Device device, int positions, int headWidth) {
    int pairs = headWidth / 2;
    MemorySegment table =
        Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, (long) positions * pairs * 2);
    for (int i = 0; i < pairs; i++) {
      float frequency = frequency(i, headWidth);
      for (int p = 0; p < positions; p++) {
        float angle = p * frequency;
        long at = ((long) p * pairs + i) * 2;
        table.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) Math.cos(angle));
        table.setAtIndex(ValueLayout.JAVA_FLOAT, at + 1, (float) Math.sin(angle));
      }
    }
    return device.table(DType.F32, positions, headWidth, table);
  }
}
