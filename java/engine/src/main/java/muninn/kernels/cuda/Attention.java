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
  // As in attention.cuh and attention.cu.
  private static final int SPLIT = 128;
  private static final int THREADS = SPLIT;
  private static final int SCRATCH_BYTES = 6784;
  private static final int PAGE_PADDING_BYTES = 64;
  private static final int PAGES = SPLIT / CudaKvCache.PAGE;
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

  /** A split's keys, which make place for scores and weights, and its values. */
  private static int sharedBytes(int width) {
    int bytes = SPLIT * width * DType.BF16.bytes();
    return Math.max(bytes, SCRATCH_BYTES) + bytes + PAGES * PAGE_PADDING_BYTES;
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
