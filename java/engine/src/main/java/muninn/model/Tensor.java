package muninn.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import muninn.kernels.DType;
import muninn.kernels.Stored;

/**
 * A tensor of a checkpoint, which ends with the checkpoint.
 *
 * @param data row-major elements, little-endian, of that type, exactly the tensor's bytes; mapped,
 *     read-only, and not necessarily aligned to the element size
 * @param stored the same bytes, read from the file
 */
public record Tensor(
    String name,
    TensorType type,
    List<Long> shape,
    MemorySegment data,
    Path file,
    Stored.Bytes stored)
    implements Stored.Bytes {

  /** What the elements are read as of one that holds numbers. */
  public DType dtype() {
    return type.number().orElseThrow(() -> new IllegalArgumentException(name + " holds codes"));
  }

  /** Number of elements. */
  public long elements() {
    return data.byteSize() / type.bytes();
  }

  /** Element {@code index} of one that holds numbers. */
  float element(long index) {
    return type == TensorType.F64 ? Doubles.read(data, index) : dtype().read(data, index);
  }

  /** Size in the file. */
  public long bytes() {
    return data.byteSize();
  }

  /**
   * Fills a segment with the bytes of a tensor of numbers, as {@link #dtype} has them, from there
   * on, and sees to it that they are finite. Safe for use by several threads.
   *
   * @throws muninn.UserException naming file and tensor when an element is not a number
   */
  @Override
  public void read(long from, MemorySegment to) {
    readNumbers(from, to);
    check(to);
  }

  private void readNumbers(long from, MemorySegment to) {
    if (type == TensorType.F64) {
      Doubles.read(stored, from, to);
    } else {
      stored.read(from, to);
    }
  }

  @Override
  public void check(MemorySegment data) {
    FiniteWeights.require(this, data);
  }

  @Override
  public Stored.Bytes unchecked() {
    return new Unchecked(this);
  }

  /** Its numbers, whatever they are. */
  private record Unchecked(Tensor tensor) implements Stored.Bytes {
    @Override
    public void read(long from, MemorySegment to) {
      tensor.readNumbers(from, to);
    }

    @Override
    public void check(MemorySegment data) {
      tensor.check(data);
    }
  }
}
