package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;

/**
 * A panel of weights that are numbers by themselves. A product is one chain of fused multiply-adds
 * over the columns in order.
 */
sealed interface NumberPanel extends Panel permits FloatPanel, Bf16Panel {
  /**
   * All elements, widened, for {@link Plain} loops.
   *
   * @param to {@code [columns, PANEL]}
   */
  void unpack(MemorySegment panel, int columns, float[] to);

  /**
   * Products with one lane.
   *
   * @param x where its operands are, from {@code x0} on
   * @param products {@code [PANEL]}
   */
  void multiply(MemorySegment panel, int columns, float[] x, int x0, float[] products);

  /** Products with four lanes, each weight loaded once; products {@code [4, PANEL]}. */
  void multiply(
      MemorySegment panel,
      int columns,
      float[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      float[] products);
}
