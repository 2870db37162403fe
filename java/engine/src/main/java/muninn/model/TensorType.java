package muninn.model;

import java.util.Arrays;
import java.util.Optional;
import muninn.kernels.DType;

/**
 * What the elements of a safetensors file may be: numbers, codes of quantised ones, and what is not
 * read here, so that a file which has it is refused for the tensor that is wanted otherwise.
 */
public enum TensorType {
  F32(DType.F32, 4),
  BF16(DType.BF16, 2),
  F16(DType.F16, 2),
  /** Rounded to float32 as they are read. */
  F64(DType.F32, 8),
  /** Codes of fp8 weights. */
  F8_E4M3(null, 1),
  /** Codes of int8 weights. */
  I8(null, 1),
  /** Words of packed codes. */
  I32(null, 4),
  /** Shapes of packed matrices. */
  I64(null, 8),
  /** Numbers, or codes, of another kind; not read. */
  F8_E5M2(null, 1),
  /** Masks; not read. */
  BOOL(null, 1),
  /** Whole numbers; not read, as those that follow. */
  U8(null, 1),
  /** Of 16 bits. */
  I16(null, 2),
  /** Of 16 bits, none negative. */
  U16(null, 2),
  /** Of 32 bits, none negative. */
  U32(null, 4),
  /** Of 64 bits, none negative. */
  U64(null, 8),
  /** Complex numbers; not read. */
  C64(null, 8);

  /** What is read, for messages. */
  static final String READ = "F32, BF16, F16 or F64, or codes in F8_E4M3, I8 or I32";

  private final DType number; // null for all else
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

  /** Whether elements are read as codes of quantised numbers. */
  boolean isCodes() {
    return this == F8_E4M3 || this == I8 || this == I32;
  }

  /** What elements are read as that are numbers by themselves. */
  public Optional<DType> number() {
    return Optional.ofNullable(number);
  }
}
