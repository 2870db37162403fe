package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.List;
import java.util.function.Supplier;
import muninn.cuda.Context;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.LogProbs;
import muninn.kernels.Op;
import muninn.kernels.Reading;
import muninn.kernels.Samples;

/** Draws tokens, one block a lane. */
final class Sampler {
  private static final String KERNEL = "sampling_draw";
  private static final StructLayout DRAWN_LAYOUT =
      MemoryLayout.structLayout(
              JAVA_INT.withName("token"),
              JAVA_INT.withName("alternatives"),
              JAVA_FLOAT.withName("logit"),
              JAVA_FLOAT.withName("largest"),
              JAVA_LONG.withName("mass"))
          .withName("Drawn");
  private static final long DRAWN_BYTES = DRAWN_LAYOUT.byteSize();
  private static final int DRAWN = 6; // the argument, before that of alternatives
  private static final int WARP = 32;
  private static final Samples.Result NOTHING =
      new Samples.Result(new int[0], new float[0], new int[0][], new float[0][]);

  private final Kernels kernels;
  private final Results results;
  private final int mostThreads;

  // What launches may ask for: 48 KiB less the kernel's own variables, more where it was allowed.
  private int allowedBytes = 30 << 10;

  Sampler(Context context, Stream stream, Kernels kernels) {
    this.kernels = kernels;
    results = new Results(context, stream);
    Abi abi = new Abi(context, stream, kernels, "sampling");
    abi.check(DRAWN_LAYOUT);
    mostThreads = abi.value("THREADS");
  }

  private static long offset(String field) {
    return DRAWN_LAYOUT.byteOffset(PathElement.groupElement(field));
  }

  Reading<Samples> prepare(Op.Draw op) {
    CudaBuffer logits = CudaBuffer.of(op.logits());
    CudaSequences sequences = CudaSequences.of(op.sequences());
    Tables tables = Tables.of(List.of(op));
    Kernels.Call call =
        kernels.onLanes(
            KERNEL,
            logits,
            logits.columns(),
            logits.byRowFlag(),
            sequences,
            CudaSampled.of(op.sampled()),
            0L,
            0L);
    return lanes -> draw(CudaLanes.of(lanes), tables, logits.columns(), sequences, call);
  }

  private Samples draw(
      CudaLanes lanes, Tables tables, int vocabulary, CudaSequences sequences, Kernels.Call call) {
    int n = lanes.size();
    if (n == 0) {
      return () -> NOTHING;
    }
    tables.bring(lanes);
    int[] alternatives = new int[n + 1]; // where each lane's begin
    for (int m = 0; m < n; m++) {
      int count = Math.clamp(sequences.logProbs(lanes.sequence(m)), 0, vocabulary);
      alternatives[m + 1] = alternatives[m] + count;
    }
    long drawnBytes = n * DRAWN_BYTES;
    Supplier<Samples.Result> drawn =
        results.enqueue(
            drawnBytes + (long) Long.BYTES * alternatives[n],
            there ->
                call.set(DRAWN, there, there + drawnBytes).launch(launch(n, vocabulary), lanes),
            host -> read(host, alternatives));
    return drawn::get;
  }

  private Launch launch(int n, int vocabulary) {
    int quads = Math.ceilDiv(vocabulary, 4);
    int threads = Math.min(mostThreads, Math.ceilDiv(quads, WARP) * WARP);
    int bitMap = Math.ceilDiv(vocabulary, Integer.SIZE) * Integer.BYTES;
    if (bitMap > allowedBytes) {
      kernels.kernel(KERNEL).allowSharedBytes(bitMap);
      allowedBytes = bitMap;
    }
    return Launch.of(n, threads).withSharedBytes(bitMap);
  }

  /**
   * @param alternatives where each lane's begin behind what was drawn
   */
  private static Samples.Result read(MemorySegment host, int[] alternatives) {
    int n = alternatives.length - 1;
    Samples.Result result =
        new Samples.Result(new int[n], new float[n], new int[n][], new float[n][]);
    long drawnBytes = n * DRAWN_BYTES;
    for (int m = 0; m < n; m++) {
      long at = m * DRAWN_BYTES;
      result.tokens()[m] = host.get(JAVA_INT, at + offset("token"));
      result.logProbs()[m] = Float.NaN;
      result.topTokens()[m] = new int[0];
      result.topLogProbs()[m] = new float[0];
      int count = host.get(JAVA_INT, at + offset("alternatives"));
      if (count >= 0) {
        float logit = host.get(JAVA_FLOAT, at + offset("logit"));
        LogProbs of =
            new LogProbs(
                host.get(JAVA_FLOAT, at + offset("largest")),
                host.get(JAVA_LONG, at + offset("mass")));
        result.logProbs()[m] = of.of(logit);
        MemorySegment ranked =
            host.asSlice(
                drawnBytes + (long) Long.BYTES * alternatives[m], (long) Long.BYTES * count);
        of.put(ranked.toArray(JAVA_LONG), result, m);
      }
    }
    return result;
  }
}
