package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import muninn.UserException;
import muninn.cuda.Blas;
import muninn.cuda.Context;
import muninn.cuda.CublasLt;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Event;
import muninn.cuda.Gpu;
import muninn.cuda.Matmul;
import muninn.cuda.Stream;

/**
 * Products by cuBLASLt. What it proposes for a shape is timed once, since its favourite is often a
 * few per cent off the best, and the fastest is kept, also for the next start; on operands of its
 * own, so that nobody's results are touched.
 */
final class CublasLtGemm implements Gemm {
  /** Ways to compute a product that are tried. */
  private static final int CANDIDATES = 8;

  /** Times each of them runs over all copies of the weights; the shortest time counts. */
  private static final int ROUNDS = 3;

  /** Weights are read from memory, as between other layers, if the copies exceed the L2 cache. */
  private static final int MOST_COPIES = 8;

  private static final long OPERAND_ALIGNMENT = 256;

  /** Two bfloat16 of about 1: what a product of ordinary numbers costs in power. */
  private static final int ORDINARY = 0x3f8c_3f73;

  private final Context context;
  private final Stream stream;
  private final Blas blas;
  private final TriedProducts tried;
  private final Map<GemmShape, Chosen> chosen = new HashMap<>();

  private record Chosen(Matmul matmul, int candidate) {}

  CublasLtGemm(Context context, Stream stream, CublasLt library, TriedProducts tried) {
    this.context = context;
    this.stream = stream;
    this.blas = library.open(context);
    this.tried = tried;
  }

  @Override
  public String name() {
    return blas.library().toString();
  }

  @Override
  public List<String> notes() {
    return tried.notes();
  }

  @Override
  public void prepare(GemmShape shape) {
    chosen(shape);
  }

  @Override
  public void multiply(GemmShape shape, long x, long w, long addend, long out) {
    GemmShape.requireAligned(x, w, addend, out);
    Chosen best = chosen(shape);
    best.matmul.enqueue(stream, best.candidate, x, w, addend, out, shape.accumulate());
  }

  private Chosen chosen(GemmShape shape) {
    Chosen known = chosen.get(shape);
    if (known != null) {
      return known;
    }
    if (stream.isCapturing()) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s is recorded before it was prepared, and cannot be tried out now",
              shape));
    }
    Matmul matmul =
        blas.matmul(
            shape.m(),
            shape.n(),
            shape.k(),
            shape.xPitch(),
            shape.wPitch(),
            shape.rounded(),
            CANDIDATES);
    try {
      Chosen best = new Chosen(matmul, knownOrFastest(matmul, shape));
      chosen.put(shape, best);
      return best;
    } catch (Throwable e) {
      matmul.close();
      throw e;
    }
  }

  private int knownOrFastest(Matmul matmul, GemmShape shape) {
    if (!tried.allowed()) {
      return 0;
    }
    Optional<String> known = tried.way(shape);
    for (int candidate = 0; candidate < matmul.candidates(); candidate++) {
      if (known.filter(matmul.way(candidate)::equals).isPresent()) {
        return candidate;
      }
    }
    return fastest(matmul, shape);
  }

  /** The library's favourite where there is no memory to try in. */
  private int fastest(Matmul matmul, GemmShape shape) {
    long w = aligned(shape.xBytes());
    long wBytes = aligned(shape.wBytes());
    long cacheBytes = context.gpu().attribute(Gpu.Attribute.L2_BYTES);
    int copies = Math.clamp(2 * cacheBytes / wBytes + 1, 1, MOST_COPIES);
    long out = w + copies * wBytes;
    DeviceMemory memory;
    try {
      memory = context.allocate(out + aligned(shape.outBytes()));
    } catch (UserException full) {
      return 0;
    }
    try (memory;
        Event start = context.event();
        Event end = context.event()) {
      stream.fillInts(memory, 0, memory.bytes() / Integer.BYTES, ORDINARY);
      List<Integer> running = new ArrayList<>();
      UserException refusal = null;
      for (int candidate = 0; candidate < matmul.candidates(); candidate++) {
        try {
          // Loads the kernel too. That a way is proposed does not mean that it will run.
          enqueue(matmul, candidate, shape, memory, w, out);
          running.add(candidate);
        } catch (UserException e) {
          refusal = e;
        }
      }
      if (running.isEmpty()) {
        throw refusal;
      }
      // In turns, so that a GPU that is still getting faster favours nobody.
      int best = running.getFirst();
      float bestMillis = Float.POSITIVE_INFINITY;
      for (int round = 0; round < ROUNDS; round++) {
        for (int candidate : running) {
          stream.record(start);
          for (int copy = 0; copy < copies; copy++) {
            enqueue(matmul, candidate, shape, memory, w + copy * wBytes, out);
          }
          stream.record(end);
          end.synchronize();
          float millis = end.millisSince(start);
          if (millis < bestMillis) {
            best = candidate;
            bestMillis = millis;
          }
        }
      }
      tried.keep(shape, matmul.way(best));
      return best;
    }
  }

  private void enqueue(
      Matmul matmul, int candidate, GemmShape shape, DeviceMemory memory, long w, long out) {
    long base = memory.address();
    matmul.enqueue(stream, candidate, base, base + w, base + out, base + out, shape.accumulate());
  }

  private static long aligned(long bytes) {
    return (bytes + OPERAND_ALIGNMENT - 1) / OPERAND_ALIGNMENT * OPERAND_ALIGNMENT;
  }

  @Override
  public void close() {
    chosen.values().forEach(best -> best.matmul.close());
    chosen.clear();
    blas.close();
  }
}
