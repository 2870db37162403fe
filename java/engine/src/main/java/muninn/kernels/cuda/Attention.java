package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.KvSlot;

/**
 * Paged attention. A block takes one tile of lanes and one head; where there are few of these, a
 * split of the context each, so that one lane with a long context keeps the whole GPU busy. The
 * splits are at the same places and merged with the same operations in both cases: how many lanes
 * there are does not change a bit of any.
 */
final class Attention {
  // As in attention.cuh.
  private static final int SPLIT = 128;
  private static final int THREADS = SPLIT;
  private static final int HEADER = 4; // floats before a split's values

  /** Blocks a multiprocessor from which on there are enough without splits: about four waves. */
  private static final int BLOCKS = 16;

  private final Context context;
  private final Stream stream;
  private final Kernels kernels;

  // Results of splits, of one launch at a time; recordings refer to it, so what was outgrown stays.
  private DeviceMemory partials;
  private DeviceMemory arrivals;
  private int allowedBytes;

  Attention(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
    reserve(1, 1);
  }

  /** See {@link muninn.kernels.Device#attention}. */
  void attend(
      CudaLanes lanes,
      CudaBuffer q,
      CudaSequences sequences,
      CudaKvCache cache,
      KvSlot slot,
      CudaBuffer out) {
    CudaLanes.Grid grid = lanes.grid();
    int heads = cache.heads();
    int width = cache.headWidth();
    int splits = Math.ceilDiv(grid.positions(), SPLIT);
    if (splits > 1 && grid.lanes() * heads >= BLOCKS * kernels.multiprocessors()) {
      splits = 1;
    }
    if (splits > 1) {
      reserve((long) grid.lanes() * heads * splits * (HEADER + width), grid.tiles() * heads);
    }
    String kernel = kernels.typed("attention");
    int shared = q.dtype() == DType.BF16 ? sharedBytes(width) : 0;
    if (shared > allowedBytes) {
      kernels.kernel(kernel).allowSharedBytes(shared);
      allowedBytes = shared;
    }
    kernels.launch(
        kernel,
        Launch.of(1, THREADS).withGrid(grid.tiles(), heads, splits).withSharedBytes(shared),
        lanes,
        q,
        sequences,
        cache,
        slot,
        (float) (1 / Math.sqrt(width)),
        out,
        partials,
        arrivals);
  }

  /** A split's keys by blocks of 32 elements of the head, and its values by tiles of 16. */
  private static int sharedBytes(int width) {
    return 8192 * Math.ceilDiv(width, 32) + 4096 * Math.ceilDiv(width, 16);
  }

  private void reserve(long floats, int counters) {
    if (partials == null || partials.bytes() < floats * Float.BYTES) {
      partials = context.allocate(floats * Float.BYTES);
    }
    if (arrivals == null || arrivals.bytes() < (long) counters * Integer.BYTES) {
      arrivals = context.allocate((long) counters * Integer.BYTES);
      stream.fill(arrivals, 0, arrivals.bytes(), (byte) 0);
    }
  }
}
