package muninn.kernels.cpu;

/** The gated half of an MLP: {@code silu(gate) · up} (Shazeer 2020), gate and up rows of one product. */
final class Swiglu {
  private Swiglu() {}

  /**
   * @param w {@code [2·I, d]}, gate rows first
   * @param out {@code [≥n, I]}
   */
  static void multiply(Workers workers, CpuWeights w, CpuBuffer x, int n, CpuBuffer out) {
    int ffn = w.rows() / 2;
    Linear.split(
        workers,
        ffn,
        2L * n * w.columns(),
        (from, to) -> {
          float[] gate = new float[Linear.TILE * Linear.TILE];
          float[] up = new float[Linear.TILE * Linear.TILE];
          Linear.overLanes(
              n,
              (lane, end) -> {
                for (int row = from; row < to; row += Linear.TILE) {
                  for (int m = lane; m < end; m += Linear.TILE) {
                    // rows past the gate's last, or past `to`, are computed and ignored
                    Linear.tile(w, row, x, m, n, gate);
                    Linear.tile(w, ffn + row, x, m, n, up);
                    store(gate, up, row, Math.min(Linear.TILE, to - row), m, end, out);
                  }
                }
              });
        });
  }

  private static void store(
      float[] gate, float[] up, int row, int rows, int lane, int end, CpuBuffer out) {
    for (int m = 0; m < Math.min(Linear.TILE, end - lane); m++) {
      for (int r = 0; r < rows; r++) {
        int i = r * Linear.TILE + m;
        out.data()[out.row(lane + m) + row + r] = Maths.silu(gate[i]) * up[i];
      }
    }
  }
}
