package muninn.kernels;

import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;

/**
 * A buffer as other CUDA code of the same process sees it.
 *
 * @param stream orders everything that a device does; what is enqueued there runs in its turn
 * @param memory rows behind one another without gaps, of the buffer's type
 */
public record OnGpu(Stream stream, DeviceMemory memory) {}
