package muninn.kernels;

/** What a cache of some format gives back of keys and values, from the definition. */
public final class Kept {
  private Kept() {}

  /**
   * Rows of a position's heads as they are read again.
   *
   * @param width of a head
   */
  public static float[] as(Format format, float[] row, int width) {
    float[] kept = row.clone();
    for (int from = 0; from < row.length; from += width) {
      for (int i = from; i < from + width; i++) {
        kept[i] =
            switch (format) {
              case Format.Plain(DType type) ->
                  type == DType.F32 ? row[i] : Float.intBitsToFloat(DType.bf16(row[i]) << 16);
              case Format.Scaled(ByteCode code) -> scaled(code, row, from, width, i);
              case Format.Coded _ -> throw new IllegalArgumentException("of weights alone");
            };
      }
    }
    return kept;
  }

  private static float scaled(ByteCode code, float[] row, int from, int width, int i) {
    float most = 0;
    for (int j = from; j < from + width; j++) {
      most = Math.max(most, Math.abs(row[j]));
    }
    if (most == 0) {
      return 0;
    }
    float greatest = code == ByteCode.INT8 ? 127 : 448;
    return nearest(code, row[i] * (greatest / most)) * (most / greatest);
  }

  /** Of all numbers that a code has the nearest; of two as near the one whose code is even. */
  static float nearest(ByteCode code, float value) {
    byte best = 0;
    for (int c = -128; c < 128; c++) {
      float number = code.decode((byte) c);
      if (code == ByteCode.INT8 && c == -128 || code == ByteCode.E4M3 && (c & 0x7F) == 0x7F) {
        continue; // never said
      }
      double error = Math.abs((double) number - value);
      double least = Math.abs((double) code.decode(best) - value);
      if (error < least || error == least && c % 2 == 0) {
        best = (byte) c;
      }
    }
    return code.decode(best);
  }
}
