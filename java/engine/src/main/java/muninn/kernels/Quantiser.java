package muninn.kernels;

/**
 * Chooses the codes of a row. Each group is coded by itself, in a fixed order of operations: the
 * same numbers give the same bytes wherever they are made.
 *
 * <p>int8: the scale maps the largest of a group to 127. fp8: a power of two maps the largest of a
 * row to between 224 and 448, so that a code times its scale is exact in bfloat16. int4: of several
 * ranges, the whole one and smaller ones that clip the ends, the one that leaves the least sum of
 * squared errors when the scale is the best for the codes it gives.
 */
final class Quantiser {
  private static final int MOST_INT8 = 127;
  private static final int MOST_INT4 = 15;

  // Shares of a group's range that are tried.
  private static final float[] SHARES = {1, 0.95f, 0.9f, 0.85f, 0.8f, 0.75f};

  // Added and taken away again it rounds to a whole number, to the even of two.
  private static final float ROUND = 0x1.8p23f;

  private final Format.Coded format;
  private final int columns;
  private final float[] row;
  private final byte[] codes;

  Quantiser(Format.Coded format, int columns) {
    this.format = format;
    this.columns = columns;
    row = new float[columns];
    codes = new byte[columns];
  }

  /** Codes a row of numbers, which begins there. */
  void code(float[] numbers, int at, CodedRows to, int index) {
    System.arraycopy(numbers, at, row, 0, columns);
    int group = format.group(columns);
    for (int g = 0; g < format.groups(columns); g++) {
      int from = g * group;
      int end = Math.min(columns, from + group);
      switch (format.encoding()) {
        case INT8 -> int8(from, end, to, index, g);
        case INT4 -> int4(from, end, to, index, g);
        case FP8 -> fp8(from, end, to, index, g);
      }
    }
    to.setCodes(index, codes);
  }

  private void int8(int from, int end, CodedRows to, int index, int g) {
    float scale = to.setScale(index, g, largest(from, end) / MOST_INT8);
    float inverse = inverse(scale);
    for (int i = from; i < end; i++) {
      codes[i] = (byte) clamp(round(row[i] * inverse), -MOST_INT8, MOST_INT8);
    }
  }

  private void fp8(int from, int end, CodedRows to, int index, int g) {
    float largest = largest(from, end);
    float scale = 0;
    if (largest > 0) {
      int exponent = Math.getExponent(largest / Fp8.MOST);
      scale = Math.scalb(1f, Math.max(exponent, Float.MIN_EXPONENT));
      scale = scale * Fp8.MOST < largest ? 2 * scale : scale;
    }
    scale = to.setScale(index, g, scale);
    for (int i = from; i < end; i++) {
      codes[i] = Fp8.code(scale == 0 ? 0 : row[i] / scale);
    }
  }

  private void int4(int from, int end, CodedRows to, int index, int g) {
    float low = 0;
    float high = 0;
    for (int i = from; i < end; i++) {
      low = Math.min(low, row[i]);
      high = Math.max(high, row[i]);
    }
    float best = 0; // the scale
    int bestZero = 8;
    float explained = -1; // of the sum of squares
    for (float share : SHARES) {
      float scale = share * (high - low) / MOST_INT4;
      float inverse = inverse(scale);
      float zero = clamp(round(-share * low * inverse), 0, MOST_INT4);
      float product = 0;
      float squares = 0;
      for (int i = from; i < end; i++) {
        float q = clamp(round(row[i] * inverse) + zero, 0, MOST_INT4) - zero;
        product += row[i] * q;
        squares += q * q;
      }
      float share2 = squares > 0 ? product * product / squares : 0;
      if (share2 > explained) {
        explained = share2;
        best = squares > 0 ? product / squares : 0;
        bestZero = (int) zero;
      }
    }
    float inverse = inverse(to.setScale(index, g, best));
    to.setZero(index, g, bestZero);
    for (int i = from; i < end; i++) {
      codes[i] = (byte) clamp(round(row[i] * inverse) + bestZero, 0, MOST_INT4);
    }
  }

  private float largest(int from, int end) {
    float largest = 0;
    for (int i = from; i < end; i++) {
      largest = Math.max(largest, Math.abs(row[i]));
    }
    return largest;
  }

  private static float inverse(float scale) {
    float inverse = 1 / scale;
    return Float.isFinite(inverse) ? inverse : 0; // of a group of zeros, or nearly
  }

  private static float round(float x) {
    return x + ROUND - ROUND;
  }

  private static float clamp(float x, float least, float most) {
    return Math.min(most, Math.max(least, x));
  }
}
