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

  /** Of one that holds numbers. */
  public DType dtype() {
    return type.number().orElseThrow(() -> new IllegalArgumentException(name + " holds codes"));
  }

  /** Number of elements. */
  public long elements() {
    return data.byteSize() / type.bytes();
  }

  /** Size in the file. */
  public long bytes() {
    return data.byteSize();
  }

  /**
   * Fills a segment with the bytes of a tensor of numbers from there on, and sees to it that they
   * are finite. Safe for use by several threads.
   *
   * @throws muninn.UserException naming file and tensor when an element is not a number
   */
  @Override
  public void read(long from, MemorySegment to) {
    stored.read(from, to);
    check(to);
  }

  @Override
  public void check(MemorySegment data) {
    FiniteWeights.require(this, data);
  }

  @Override
  public Stored.Bytes unchecked() {
    return new Unchecked(this);
  }

  /** Its bytes as the file holds them. */
  private record Unchecked(Tensor tensor) implements Stored.Bytes {
    @Override
    public void read(long from, MemorySegment to) {
      tensor.stored.read(from, to);
    }

    @Override
    public void check(MemorySegment data) {
      tensor.check(data);
    }
  }
}
