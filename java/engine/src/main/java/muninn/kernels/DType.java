package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Element types that weights are stored in. Arithmetic is float32 whatever the storage. */
public enum DType {
  F32(4, "float32"),
  BF16(2, "bfloat16"),
  F16(2, "float16");

  static final ValueLayout.OfFloat SINGLE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;
  private final String label;

  DType(int bytes, String label) {
    this.bytes = bytes;
    this.label = label;
  }

  /** As options name it, such as {@code bfloat16}. */
  public String label() {
    return label;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** Element {@code index} of a tensor of this type, widened; {@code data} need not be aligned. */
  public float read(MemorySegment data, long index) {
    return switch (this) {
      case F32 -> data.get(SINGLE, index * Float.BYTES);
      case BF16 -> Float.intBitsToFloat(bits(data, index) << 16);
      case F16 -> Float.float16ToFloat(bits(data, index));
    };
  }

  /** The bits of a number rounded to bfloat16, to the even one of two that are as near. */
  public static short bf16(float value) {
    int bits = Float.floatToIntBits(value);
    int even = 0x7FFF + (bits >>> 16 & 1);
    return (short) ((Float.isNaN(value) ? bits : bits + even) >>> 16);
  }

  /** The first elements of a tensor of this type, widened. */
  public void read(MemorySegment data, float[] to, int count) {
    if (this == F32) {
      MemorySegment.copy(data, SINGLE, 0, to, 0, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      to[i] = read(data, i);
    }
  }

  /** The bits of element {@code index} of a tensor of a 16-bit type. */
  public static short bits(MemorySegment data, long index) {
    return data.get(HALF, index * Short.BYTES);
  }
}
