package muninn.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import muninn.kernels.DType;

/**
 * A tensor of a checkpoint, memory-mapped.
 *
 * @param data row-major elements, little-endian, of {@code dtype}, exactly the tensor's bytes
 */
public record Tensor(String name, DType dtype, List<Long> shape, MemorySegment data, Path file) {}
