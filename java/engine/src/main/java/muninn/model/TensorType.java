package muninn.model;

import java.util.Arrays;
import java.util.Optional;
import muninn.kernels.DType;

/** What a safetensors file may hold, of what is read here: numbers, and codes of quantised ones. */
public enum TensorType {
  F32(DType.F32, 4),
  BF16(DType.BF16, 2),
  F16(DType.F16, 2),
  /** Codes of fp8 weights. */
  F8_E4M3(null, 1),
  /** Codes of int8 weights. */
  I8(null, 1),
  /** Words of packed codes. */
  I32(null, 4),
  /** Shapes of packed matrices. */
  I64(null, 8);

  private final DType number; // null for codes
  private final int bytes;

  TensorType(DType number, int bytes) {
    this.number = number;
    this.bytes = bytes;
  }

  /** By the name that files use. */
  static Optional<TensorType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  static TensorType of(DType dtype) {
    return Arrays.stream(values()).filter(type -> type.number == dtype).findFirst().orElseThrow();
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** The type of elements that are numbers by themselves. */
  public Optional<DType> number() {
    return Optional.ofNullable(number);
  }
}
