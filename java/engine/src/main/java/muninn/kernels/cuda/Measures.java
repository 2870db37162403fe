package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.LatentMeasures;
import muninn.kernels.OutputMeasures;

/**
 * What exit rules go by ({@code measures.cu}). A latent is measured by one block; logits by
 * several, a fixed piece each, the last of which adds up what all found.
 */
final class Measures {
  private static final int VECTOR = 4;
  private static final int WARP = 32;
  private static final int MOST_LATENT_THREADS = 512;
  private static final int LATENT_BYTES = 8; // LatentResult

  private static final int THREADS = 256;
  private static final int PIECE = 4096; // logits of one block
  private static final int MOST_PIECES = 64; // SPLITS
  private static final int PIECE_BYTES = 16; // Piece
  private static final int SUMS = 5;
  private static final int OUTPUT_BYTES = 16; // OutputResult

  private final Context context;
  private final Stream stream;
  private final Kernels kernels;
  private final Results results;

  // Workspace of the lanes of one operation, for the most lanes seen.
  private int reserved;
  private DeviceMemory pieces; // [lanes, 2, MOST_PIECES] Piece
  private DeviceMemory partial; // [lanes, MOST_PIECES, SUMS] doubles
  private DeviceMemory arrived; // [lanes] ints, 0 between operations

  Measures(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
    results = new Results(context, stream);
  }

  LatentMeasures latents(CudaLanes lanes, CudaBuffer s, CudaBuffer previous) {
    int n = lanes.size();
    LatentMeasures.Result result = new LatentMeasures.Result(new float[n], new float[n]);
    if (n == 0) {
      return () -> result;
    }
    int d = s.columns();
    int warps = Math.ceilDiv(Math.ceilDiv(d, VECTOR), WARP);
    Launch launch = Launch.of(n, Math.min(MOST_LATENT_THREADS, warps * WARP));
    return results.enqueue(
            (long) n * LATENT_BYTES,
            there ->
                kernels.launch(
                    kernels.typed("measures_latent"), launch, lanes, s, previous, there, d),
            host -> read(host, result))
        ::get;
  }

  private static LatentMeasures.Result read(MemorySegment host, LatentMeasures.Result result) {
    for (int m = 0; m < result.change().length; m++) {
      long at = (long) m * LATENT_BYTES;
      result.change()[m] = host.get(JAVA_FLOAT, at);
      result.cosine()[m] = host.get(JAVA_FLOAT, at + 4);
    }
    return result;
  }

  OutputMeasures outputs(CudaLanes lanes, CudaBuffer logits, CudaBuffer previous) {
    int n = lanes.size();
    OutputMeasures.Result result =
        new OutputMeasures.Result(new float[n], new float[n], new float[n], new int[n]);
    if (n == 0) {
      return () -> result;
    }
    reserve(n);
    return results.enqueue(
            (long) n * OUTPUT_BYTES,
            there -> launch(n, lanes, logits, previous, there),
            host -> read(host, result))
        ::get;
  }

  private void launch(
      int n, CudaLanes lanes, CudaBuffer logits, CudaBuffer previous, long results) {
    int vocabulary = logits.columns();
    int count = Math.min(MOST_PIECES, Math.ceilDiv(vocabulary, PIECE));
    int step = Math.ceilDiv(vocabulary, count);
    Launch launch = Launch.of(1, THREADS).withGrid(n, count, 1);
    int byRow = logits.isByRow() ? 1 : 0;
    kernels.launch(
        "measures_pieces", launch, lanes, logits, byRow, previous, pieces, vocabulary, step);
    kernels.launch(
        "measures_output",
        launch,
        lanes,
        logits,
        byRow,
        previous,
        pieces,
        partial,
        arrived,
        results,
        vocabulary,
        step);
  }

  private void reserve(int lanes) {
    if (lanes <= reserved) {
      return;
    }
    if (reserved > 0) {
      stream.synchronize(); // kernels before may still use the old ones
      pieces.close();
      partial.close();
      arrived.close();
    }
    reserved = lanes;
    pieces = context.allocate(2L * lanes * MOST_PIECES * PIECE_BYTES);
    partial = context.allocate((long) lanes * MOST_PIECES * SUMS * Double.BYTES);
    arrived = context.allocate((long) lanes * Integer.BYTES);
    stream.fill(arrived, 0, arrived.bytes(), (byte) 0);
  }

  private static OutputMeasures.Result read(MemorySegment host, OutputMeasures.Result result) {
    for (int m = 0; m < result.kl().length; m++) {
      long at = (long) m * OUTPUT_BYTES;
      result.kl()[m] = host.get(JAVA_FLOAT, at);
      result.minpKl()[m] = host.get(JAVA_FLOAT, at + 4);
      result.entropy()[m] = host.get(JAVA_FLOAT, at + 8);
      result.argmax()[m] = host.get(JAVA_INT, at + 12);
    }
    return result;
  }
}
