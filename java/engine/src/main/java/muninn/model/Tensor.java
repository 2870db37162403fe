package muninn.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import muninn.kernels.DType;
import muninn.kernels.Stored;

/**
 * A tensor of a checkpoint, which ends with the checkpoint.
 *
 * @param data row-major elements, little-endian, of {@code dtype}, exactly the tensor's bytes;
 *     mapped, read-only, and not necessarily aligned to the element size
 * @param stored the same bytes, read from the file
 */
public record Tensor(
    String name,
    DType dtype,
    List<Long> shape,
    MemorySegment data,
    Path file,
    Stored.Bytes stored) {

  /** Number of weights. */
  public long elements() {
    return data.byteSize() / dtype.bytes();
  }

  /** Size in the file. */
  public long bytes() {
    return data.byteSize();
  }

  /**
   * Fills a segment with the tensor's bytes from there on, and sees to it that they are numbers.
   * Safe for use by several threads.
   *
   * @throws muninn.UserException naming file and tensor when an element is not a number
   */
  void read(long from, MemorySegment to) {
    stored.read(from, to);
    FiniteWeights.require(this, to);
  }
}
