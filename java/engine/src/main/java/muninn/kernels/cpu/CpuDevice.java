package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.Arrays;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;

/**
 * The CPU as a device: vector instructions, all cores, weights read from the memory map as they are,
 * float32 arithmetic. It is the embedded default and the oracle for the others. Operations are done when a
 * call returns.
 */
public final class CpuDevice implements Device {
  private final Arena arena = Arena.ofShared();
  private final Workers workers;
  private CpuBuffer joined = new CpuBuffer(new float[0], 0, 0); // [n, 2d] of the adapter

  private record CpuSampled(int[] tokens) implements Sampled {}

  /**
   * @param threads worker threads; 0 takes all cores
   */
  public CpuDevice(int threads) {
    workers = new Workers(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
  }

  @Override
  public String name() {
    return "cpu (%d threads, %d-bit vectors)"
        .formatted(workers.count(), Linear.FLOATS.vectorBitSize());
  }

  @Override
  public int ticksAhead() {
    return 0;
  }

  @Override
  public long freeBytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean os
        ? os.getFreeMemorySize()
        : Runtime.getRuntime().maxMemory();
  }

  @Override
  public long kvPageBytes(int heads, int headWidth) {
    return CpuKvCache.pageBytes(heads, headWidth);
  }

  @Override
  public Weights weights(DType dtype, int rows, int columns, MemorySegment data) {
    return switch (dtype) {
      case F32 -> new CpuWeights(data, false, rows, columns);
      case BF16 -> new CpuWeights(data, true, rows, columns);
      case F16 -> new CpuWeights(widened(data, (long) rows * columns), false, rows, columns);
    };
  }

  /** float16 has no vector type: it is widened once, outside the heap. */
  private MemorySegment widened(MemorySegment halves, long count) {
    var half = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    var single = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    MemorySegment floats = arena.allocate(count * Float.BYTES, 64);
    for (long i = 0; i < count; i++) {
      floats.set(single, i * 4, Float.float16ToFloat(halves.get(half, i * 2)));
    }
    return floats;
  }

  @Override
  public Buffer buffer(int rows, int columns) {
    long elements = (long) rows * columns;
    if (elements > Integer.MAX_VALUE - 8) {
      throw UserException.of(
          "%d lanes of %d values do not fit one buffer of the CPU device: use --max-lanes %d or fewer",
          rows, columns, (Integer.MAX_VALUE - 8) / columns);
    }
    return new CpuBuffer(new float[(int) elements], rows, columns);
  }

  @Override
  public Lanes lanes(int capacity) {
    return new CpuLanes(capacity);
  }

  @Override
  public KvCache kvCache(int pages, int heads, int headWidth) {
    return new CpuKvCache(arena, pages, heads, headWidth);
  }

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    return new CpuSequences(count, positions, slots);
  }

  @Override
  public Sampled sampled(int rows) {
    return new CpuSampled(new int[rows]);
  }

  @Override
  public void stage(String name, Lanes lanes, Runnable operations) {
    if (lanes.size() > 0) {
      operations.run();
    }
  }

  @Override
  public void embed(
      Lanes lanes,
      Weights embedding,
      float scale,
      Sampled sampled,
      Sequences sequences,
      Buffer x) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuWeights wte = CpuWeights.of(embedding);
    CpuBuffer out = CpuBuffer.of(x);
    int[] drawn = ((CpuSampled) sampled).tokens();
    for (int m = 0; m < table.size(); m++) {
      int token = table.token[m] >= 0 ? table.token[m] : drawn[~table.token[m]];
      CpuSequences.of(sequences).history[table.sequence[m]][table.position[m]] = token;
      for (int i = 0; i < wte.columns(); i++) {
        out.data()[out.row(m) + i] = wte.at(token, i) * scale;
      }
    }
  }

  @Override
  public void initialState(Lanes lanes, float sigma, Sequences sequences, Buffer s) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer states = CpuBuffer.of(s);
    int d = states.columns();
    float root = (float) Math.sqrt(d);
    for (int m = 0; m < table.size(); m++) {
      SequenceParameters p = CpuSequences.of(sequences).parameters[table.sequence[m]];
      int at = states.row(table.row[m]);
      float scale = sigma * p.initScale();
      for (int i = 0; i < d; i++) {
        states.data()[at + i] =
            scale == 0
                ? 0
                : Philox.truncatedNormal(p.seed(), table.position[m], i) * scale * root;
      }
    }
  }

  @Override
  public void adapter(Lanes lanes, Buffer s, Buffer e, Weights weights, Buffer x) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer states = CpuBuffer.of(s);
    CpuBuffer embeddings = CpuBuffer.of(e);
    int d = states.columns();
    if (joined.rows() < table.size()) {
      joined = new CpuBuffer(new float[states.rows() * 2 * d], states.rows(), 2 * d);
    }
    for (int m = 0; m < table.size(); m++) {
      int row = table.row[m];
      System.arraycopy(states.data(), states.row(row), joined.data(), joined.row(m), d);
      System.arraycopy(embeddings.data(), embeddings.row(row), joined.data(), joined.row(m) + d, d);
    }
    linear(lanes, joined, weights, x);
  }

  @Override
  public void scatter(Lanes lanes, Buffer x, Buffer out) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer from = CpuBuffer.of(x);
    CpuBuffer to = CpuBuffer.of(out);
    for (int m = 0; m < table.size(); m++) {
      System.arraycopy(from.data(), from.row(m), to.data(), to.row(table.row[m]), to.columns());
    }
  }

  @Override
  public void gatherNorm(Lanes lanes, Buffer x, Weights weight, float eps, Buffer out) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer from = CpuBuffer.of(x);
    CpuBuffer to = CpuBuffer.of(out);
    float[] w = CpuWeights.of(weight).floats();
    for (int m = 0; m < table.size(); m++) {
      Norms.row(from.data(), from.row(table.row[m]), w, eps, to.data(), to.row(m));
    }
  }

  @Override
  public void norm(Lanes lanes, Buffer x, Weights weight, float eps, Buffer out) {
    CpuBuffer from = CpuBuffer.of(x);
    CpuBuffer to = CpuBuffer.of(out);
    float[] w = CpuWeights.of(weight).floats();
    for (int m = 0; m < lanes.size(); m++) {
      Norms.row(from.data(), from.row(m), w, eps, to.data(), to.row(m));
    }
  }

  @Override
  public void normNorm(
      Lanes lanes, Buffer y, Weights after, Buffer x, Weights before, float eps, Buffer out) {
    norm(lanes, y, after, eps, x);
    norm(lanes, x, before, eps, out);
  }

  @Override
  public void queryKeyValue(
      Lanes lanes,
      Buffer x,
      Weights weights,
      Weights bias,
      Weights rope,
      Sequences sequences,
      KvCache cache,
      KvSlot slot,
      Buffer q) {
    Heads.append(
        workers,
        CpuLanes.of(lanes),
        CpuBuffer.of(x),
        CpuWeights.of(weights),
        CpuWeights.of(bias).floats(),
        CpuWeights.of(rope).floats(),
        CpuSequences.of(sequences),
        CpuKvCache.of(cache),
        slot,
        CpuBuffer.of(q));
  }

  @Override
  public void attention(
      Lanes lanes, Buffer q, Sequences sequences, KvCache cache, KvSlot slot, Buffer out) {
    Attention.lanes(
        workers,
        CpuLanes.of(lanes),
        CpuBuffer.of(q),
        CpuSequences.of(sequences),
        CpuKvCache.of(cache),
        slot,
        CpuBuffer.of(out));
  }

  @Override
  public void linear(Lanes lanes, Buffer x, Weights weights, Buffer out) {
    CpuBuffer to = CpuBuffer.of(out);
    Linear.multiply(
        workers,
        CpuWeights.of(weights),
        CpuBuffer.of(x),
        lanes.size(),
        (row, rows, lane, count, products) -> {
          for (int m = 0; m < count; m++) {
            int at = to.row(lane + m) + row;
            for (int r = 0; r < rows; r++) {
              to.data()[at + r] = products[r * Linear.TILE + m];
            }
          }
        });
  }

  @Override
  public void linearAdd(Lanes lanes, Buffer x, Weights weights, Buffer residual, Buffer out) {
    CpuBuffer add = CpuBuffer.of(residual);
    CpuBuffer to = CpuBuffer.of(out);
    Linear.multiply(
        workers,
        CpuWeights.of(weights),
        CpuBuffer.of(x),
        lanes.size(),
        (row, rows, lane, count, products) -> {
          for (int m = 0; m < count; m++) {
            int at = to.row(lane + m) + row;
            for (int r = 0; r < rows; r++) {
              to.data()[at + r] = products[r * Linear.TILE + m] + add.data()[at + r];
            }
          }
        });
  }

  @Override
  public void swiglu(Lanes lanes, Buffer x, Weights weights, Buffer out) {
    Swiglu.multiply(
        workers, CpuWeights.of(weights), CpuBuffer.of(x), lanes.size(), CpuBuffer.of(out));
  }

  @Override
  public Samples sample(Lanes lanes, Buffer logits, Sequences sequences, Sampled sampled) {
    Samples.Result result =
        Sampler.lanes(
            workers,
            CpuLanes.of(lanes),
            CpuBuffer.of(logits),
            CpuSequences.of(sequences),
            ((CpuSampled) sampled).tokens());
    return () -> result;
  }

  @Override
  public float[] read(Buffer buffer, int row) {
    CpuBuffer from = CpuBuffer.of(buffer);
    return Arrays.copyOfRange(from.data(), from.row(row), from.row(row + 1));
  }

  @Override
  public void close() {
    workers.close();
    arena.close();
  }
}
