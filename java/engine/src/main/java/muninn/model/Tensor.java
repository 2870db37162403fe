package muninn.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import muninn.kernels.DType;

/**
 * A tensor of a checkpoint, memory-mapped: reading it reads the file, and it ends with the
 * checkpoint.
 *
 * @param data row-major elements, little-endian, of {@code dtype}, exactly the tensor's bytes;
 *     read-only, and not necessarily aligned to the element size
 */
public record Tensor(String name, DType dtype, List<Long> shape, MemorySegment data, Path file) {

  /** Number of weights. */
  public long elements() {
    return data.byteSize() / dtype.bytes();
  }

  /** Size in the file. */
  public long bytes() {
    return data.byteSize();
  }
}
