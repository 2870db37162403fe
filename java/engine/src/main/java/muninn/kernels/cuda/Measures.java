package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.GateMeasures;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Op;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Reading;

/**
 * What exit rules go by ({@code measures.cu}). A latent is measured by one block; logits by
 * several, a fixed piece each, the last of which adds up what all found.
 */
final class Measures {
  private static final int VECTOR = 4;
  private static final int WARP = 32;
  private static final StructLayout LATENT =
      MemoryLayout.structLayout(
              JAVA_FLOAT.withName("moved"),
              JAVA_FLOAT.withName("change"),
              JAVA_FLOAT.withName("cosine"))
          .withName("LatentResult");
  private static final int LATENT_RESULTS = 3; // the argument
  private static final int GATE_RESULTS = 4;

  private static final int PIECE = 4096; // logits of one block
  private static final StructLayout OUTPUT =
      MemoryLayout.structLayout(
              JAVA_FLOAT.withName("kl"),
              JAVA_FLOAT.withName("minpKl"),
              JAVA_FLOAT.withName("entropy"),
              JAVA_INT.withName("argmax"))
          .withName("OutputResult");
  private static final int PIECES = 4; // the argument, of both passes

  private final Context context;
  private final Stream stream;
  private final Kernels kernels;
  private final Results results;
  private final int latentThreads; // at most
  private final int threads;
  private final int mostPieces; // of one row of logits
  private final int pieceBytes;
  private final int sums; // of a piece

  // Workspace of the lanes of one operation, for the most lanes seen.
  private int reserved;
  private DeviceMemory pieces; // [lanes, 2, SPLITS] Piece
  private DeviceMemory partial; // [lanes, SPLITS, SUMS] doubles
  private DeviceMemory arrived; // [lanes] ints, 0 between operations

  Measures(Context context, Stream stream, Kernels kernels) {
    this.context = context;
    this.stream = stream;
    this.kernels = kernels;
    results = new Results(context, stream);
    Abi abi = new Abi(context, stream, kernels, "measures");
    abi.check(LATENT, OUTPUT);
    latentThreads = abi.value("LATENT_THREADS");
    threads = abi.value("THREADS");
    mostPieces = abi.value("SPLITS");
    pieceBytes = abi.value("Piece");
    sums = abi.value("SUMS");
  }

  Reading<LatentMeasures> prepare(Op.LatentLook op) {
    int d = op.s().columns();
    int threads = threads(d);
    Kernels.Call call =
        kernels.onLanes(kernels.typed("measures_latent"), byRow(op.s()), byRow(op.before()), 0L, d);
    return table -> {
      CudaLanes lanes = CudaLanes.of(table);
      int n = lanes.size();
      LatentMeasures.Result result = LatentMeasures.Result.of(n);
      if (n == 0) {
        return () -> result;
      }
      lanes.upload();
      return results.enqueue(
              n * LATENT.byteSize(),
              there -> call.set(LATENT_RESULTS, there).launch(Launch.of(n, threads), lanes),
              host -> read(host, result))
          ::get;
    };
  }

  private int threads(int d) {
    int warps = Math.ceilDiv(Math.ceilDiv(d, VECTOR), WARP);
    return Math.min(latentThreads, warps * WARP);
  }

  Reading<GateMeasures> prepare(Op.GateLook op) {
    int d = op.s().columns();
    int threads = threads(d);
    Kernels.Call call =
        kernels.onLanes(
            kernels.typed("measures_gate"),
            byRow(op.s()),
            CudaBuffer.of(op.weight()),
            CudaBuffer.of(op.bias()),
            0L,
            d);
    return table -> {
      CudaLanes lanes = CudaLanes.of(table);
      int n = lanes.size();
      float[] result = new float[n];
      if (n == 0) {
        return () -> result;
      }
      lanes.upload();
      return results.enqueue(
              (long) n * Float.BYTES,
              there -> call.set(GATE_RESULTS, there).launch(Launch.of(n, threads), lanes),
              host -> read(host, result))
          ::get;
    };
  }

  private static float[] read(MemorySegment host, float[] result) {
    for (int m = 0; m < result.length; m++) {
      result[m] = host.getAtIndex(JAVA_FLOAT, m);
    }
    return result;
  }

  private static LatentMeasures.Result read(MemorySegment host, LatentMeasures.Result result) {
    for (int m = 0; m < result.change().length; m++) {
      long at = m * LATENT.byteSize();
      result.moved()[m] = host.get(JAVA_FLOAT, at + offset(LATENT, "moved"));
      result.change()[m] = host.get(JAVA_FLOAT, at + offset(LATENT, "change"));
      result.cosine()[m] = host.get(JAVA_FLOAT, at + offset(LATENT, "cosine"));
    }
    return result;
  }

  Reading<OutputMeasures> prepare(Op.OutputLook op) {
    CudaBuffer logits = CudaBuffer.of(op.logits());
    int byRow = logits.byRowFlag();
    CudaBuffer before = byRow(op.before());
    int vocabulary = logits.columns();
    int count = Math.min(mostPieces, Math.ceilDiv(vocabulary, PIECE));
    int step = Math.ceilDiv(vocabulary, count);
    Kernels.Call firstPass =
        kernels.onLanes("measures_pieces", logits, byRow, before, 0L, vocabulary, step);
    Kernels.Call secondPass =
        kernels.onLanes("measures_output", logits, byRow, before, 0L, 0L, 0L, 0L, vocabulary, step);
    return table -> {
      CudaLanes lanes = CudaLanes.of(table);
      int n = lanes.size();
      OutputMeasures.Result result =
          new OutputMeasures.Result(new float[n], new float[n], new float[n], new int[n]);
      if (n == 0) {
        return () -> result;
      }
      lanes.upload();
      reserve(n);
      Launch launch = Launch.of(1, threads).withGrid(n, count, 1);
      return results.enqueue(
              n * OUTPUT.byteSize(),
              there -> {
                firstPass.set(PIECES, pieces).launch(launch, lanes);
                secondPass.set(PIECES, pieces, partial, arrived, there).launch(launch, lanes);
              },
              host -> read(host, result))
          ::get;
    };
  }

  private static CudaBuffer byRow(Buffer buffer) {
    if (!buffer.isByRow()) {
      throw new IllegalArgumentException("what is compared with later is by row");
    }
    return CudaBuffer.of(buffer);
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
    pieces = context.allocate(2L * lanes * mostPieces * pieceBytes);
    partial = context.allocate((long) lanes * mostPieces * sums * Double.BYTES);
    arrived = context.allocate((long) lanes * Integer.BYTES);
    stream.fill(arrived, 0, arrived.bytes(), (byte) 0);
  }

  private static OutputMeasures.Result read(MemorySegment host, OutputMeasures.Result result) {
    for (int m = 0; m < result.kl().length; m++) {
      long at = m * OUTPUT.byteSize();
      result.kl()[m] = host.get(JAVA_FLOAT, at + offset(OUTPUT, "kl"));
      result.minpKl()[m] = host.get(JAVA_FLOAT, at + offset(OUTPUT, "minpKl"));
      result.entropy()[m] = host.get(JAVA_FLOAT, at + offset(OUTPUT, "entropy"));
      result.argmax()[m] = host.get(JAVA_INT, at + offset(OUTPUT, "argmax"));
    }
    return result;
  }

  private static long offset(StructLayout struct, String field) {
    return struct.byteOffset(PathElement.groupElement(field));
  }
}
