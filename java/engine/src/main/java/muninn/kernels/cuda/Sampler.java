package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Event;
import muninn.cuda.Launch;
import muninn.cuda.PinnedMemory;
import muninn.cuda.Stream;
import muninn.kernels.LogProbs;
import muninn.kernels.Samples;

/**
 * Draws tokens, one block a lane. The kernel writes what the host wants to know to pinned host
 * memory by itself, a place a draw, and an event behind it says that it is there: reading one
 * tick's tokens waits for that tick alone.
 */
final class Sampler {
  private static final String KERNEL = "sampling_draw";
  private static final int DRAWN_BYTES = 24; // Drawn of sampling.cu
  private static final int MOST_THREADS = 768;
  private static final int WARP = 32;

  private final Context context;
  private final Stream stream;
  private final Kernels kernels;

  // What launches may ask for: 48 KiB less the kernel's own variables, more where it was allowed.
  private int allowedBytes = 30 << 10;

  // Places that no draw is on its way to.
  private final Deque<Place> free = new ArrayDeque<>();

  private static final class Place {
    PinnedMemory memory;
    Event written;
  }

  Sampler(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
  }

  /**
   * @param logits {@code [≥n, V]}
   */
  Samples sample(
      CudaLanes lanes, CudaBuffer logits, CudaSequences sequences, DeviceMemory sampled) {
    int n = lanes.size();
    if (n == 0) {
      return new Draw(null, new int[1]);
    }
    int vocabulary = logits.columns();
    int[] alternatives = new int[n + 1]; // where each lane's begin
    for (int m = 0; m < n; m++) {
      int count = Math.clamp(sequences.logProbs(lanes.sequence(m)), 0, vocabulary);
      alternatives[m + 1] = alternatives[m] + count;
    }
    long drawnBytes = (long) n * DRAWN_BYTES;
    Place place = place(drawnBytes + (long) Long.BYTES * alternatives[n]);
    long there = place.memory.deviceAddress();
    kernels.launch(
        KERNEL,
        launch(n, vocabulary),
        lanes,
        logits,
        vocabulary,
        sequences,
        sampled,
        there,
        there + drawnBytes);
    stream.record(place.written);
    return new Draw(place, alternatives);
  }

  private Launch launch(int n, int vocabulary) {
    int quads = Math.ceilDiv(vocabulary, 4);
    int threads = Math.min(MOST_THREADS, Math.ceilDiv(quads, WARP) * WARP);
    int bitMap = Math.ceilDiv(vocabulary, Integer.SIZE) * Integer.BYTES;
    if (bitMap > allowedBytes) {
      kernels.kernel(KERNEL).allowSharedBytes(bitMap);
      allowedBytes = bitMap;
    }
    return Launch.of(n, threads).withSharedBytes(bitMap);
  }

  private Place place(long bytes) {
    Place place = free.poll();
    if (place == null) {
      place = new Place();
      place.written = context.untimedEvent();
    }
    if (place.memory == null || place.memory.segment().byteSize() < bytes) {
      if (place.memory != null) {
        place.memory.close();
      }
      place.memory = context.pinned(Math.max(4096, Long.highestOneBit(bytes) << 1));
    }
    return place;
  }

  /** One draw's results; its place is free again when they have been read. */
  private final class Draw implements Samples {
    private final int[] alternatives;
    private Place place;
    private Result result;

    Draw(Place place, int[] alternatives) {
      this.place = place;
      this.alternatives = alternatives;
    }

    @Override
    public Result await() {
      if (result == null) {
        int n = alternatives.length - 1;
        result = new Result(new int[n], new float[n], new int[n][], new float[n][]);
        if (place != null) {
          place.written.synchronize();
          for (int m = 0; m < n; m++) {
            read(m, place.memory.segment(), n * (long) DRAWN_BYTES);
          }
          free.add(place);
          place = null;
        }
      }
      return result;
    }

    private void read(int m, MemorySegment host, long drawnBytes) {
      long at = (long) m * DRAWN_BYTES;
      result.tokens()[m] = host.get(JAVA_INT, at);
      result.logProbs()[m] = Float.NaN;
      result.topTokens()[m] = new int[0];
      result.topLogProbs()[m] = new float[0];
      int count = host.get(JAVA_INT, at + 4);
      if (count >= 0) {
        float logit = host.get(JAVA_FLOAT, at + 8);
        LogProbs of = new LogProbs(host.get(JAVA_FLOAT, at + 12), host.get(JAVA_LONG, at + 16));
        result.logProbs()[m] = of.of(logit);
        MemorySegment ranked =
            host.asSlice(
                drawnBytes + (long) Long.BYTES * alternatives[m], (long) Long.BYTES * count);
        of.put(ranked.toArray(JAVA_LONG), result, m);
      }
    }
  }
}
