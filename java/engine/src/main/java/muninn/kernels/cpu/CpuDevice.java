package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntConsumer;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.Ceilings;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Mark;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Stored;
import muninn.kernels.Weights;

/**
 * The CPU as a device: vector instructions, all cores, weights read from the memory map as they
 * are, float32 arithmetic. It is the embedded default and the oracle for the others. Operations are
 * done when a call returns.
 */
public final class CpuDevice implements Device {
  // What the work beside the products costs, in products an element, for splitting it over threads.
  private static final int SILU_PRODUCTS = 16;
  private static final int NORM_PRODUCTS = 16;

  private static final long READ_BYTES = 2L << 30;

  private final Arena arena = Arena.ofShared();
  private final Workers workers;

  // Scratch of single operations, grown to the largest number of lanes seen.
  private CpuBuffer joined = new CpuBuffer(new float[0], 0, 0); // [n, 2d] of the adapter
  private CpuBuffer gateUp = joined; // [n, 2I] of an MLP

  private record CpuSampled(int[] tokens) implements Sampled {}

  /**
   * @param threads worker threads; 0 takes all cores
   * @throws UserException where the JVM was started without the vector module
   */
  public CpuDevice(int threads) {
    VectorModule.require();
    workers = new Workers(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT,
        "cpu (%d threads, %d-bit vectors)",
        workers.count(),
        Linear.FLOATS.vectorBitSize());
  }

  @Override
  public String platform() {
    return String.format(
        Locale.ROOT,
        "Java %s, %s %s",
        Runtime.version(),
        System.getProperty("os.name"),
        System.getProperty("os.version"));
  }

  @Override
  public int ticksAhead() {
    return 0;
  }

  @Override
  public long grantedBytes() {
    return HostMemory.availableBytes() / 4; // others live here too
  }

  @Override
  public long kvPageBytes(int heads, int headWidth) {
    return CpuKvCache.pageBytes(heads, headWidth);
  }

  @Override
  public Weights weights(Stored stored) {
    return CpuWeights.pack(workers, arena, stored);
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma) {
    return CpuWeights.random(workers, arena, seed, rows, columns, sigma);
  }

  @Override
  public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = dtype.read(data, i);
    }
    return new CpuBuffer(values, rows, columns);
  }

  @Override
  public CpuBuffer buffer(int rows, int columns) {
    long elements = (long) rows * columns;
    if (elements > Integer.MAX_VALUE - 8) {
      throw UserException.of(
          "%d lanes of %d values do not fit one buffer of the CPU device: use max_lanes %d or"
              + " fewer",
          rows, columns, (Integer.MAX_VALUE - 8) / columns);
    }
    return new CpuBuffer(new float[(int) elements], rows, columns);
  }

  @Override
  public CpuBuffer operand(int rows, int columns) {
    return buffer(rows, columns); // products are float32 here
  }

  private CpuBuffer reserve(CpuBuffer scratch, int rows, int columns) {
    return scratch.rows() >= rows && scratch.columns() == columns ? scratch : buffer(rows, columns);
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
      Lanes lanes, Weights embedding, float scale, Sampled sampled, Sequences sequences, Buffer x) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuWeights wte = CpuWeights.of(embedding);
    CpuBuffer out = CpuBuffer.of(x);
    int[] drawn = ((CpuSampled) sampled).tokens();
    for (int m = 0; m < table.size(); m++) {
      int token = table.token[m] >= 0 ? table.token[m] : drawn[~table.token[m]];
      CpuSequences.of(sequences).begin(table.sequence[m], table.position[m], token);
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
            scale == 0 ? 0 : Philox.truncatedNormal(p.seed(), table.position[m], i) * scale * root;
      }
    }
  }

  @Override
  public void adapter(Lanes lanes, Buffer s, Buffer e, Weights weights, Buffer x) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer states = CpuBuffer.of(s);
    CpuBuffer embeddings = CpuBuffer.of(e);
    int d = states.columns();
    joined = reserve(joined, table.size(), 2 * d);
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
      int at = from.row(table, m);
      System.arraycopy(from.data(), at, to.data(), to.row(table.row[m]), to.columns());
    }
  }

  @Override
  public void gatherNorm(Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer from = CpuBuffer.of(x);
    CpuBuffer to = CpuBuffer.of(out);
    float[] w = CpuBuffer.of(weight).data();
    overLanes(
        lanes,
        to.columns(),
        m -> Norms.row(from.data(), from.row(table.row[m]), w, eps, to.data(), to.row(m)));
  }

  @Override
  public void norm(Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out) {
    CpuBuffer from = CpuBuffer.of(x);
    CpuBuffer to = CpuBuffer.of(out);
    float[] w = CpuBuffer.of(weight).data();
    overLanes(
        lanes,
        to.columns(),
        m -> Norms.row(from.data(), from.row(m), w, eps, to.data(), to.row(m)));
  }

  /** Norms of all lanes, in parallel where that pays. */
  private void overLanes(Lanes lanes, int columns, IntConsumer norm) {
    Linear.split(
        workers,
        lanes.size(),
        (long) columns * NORM_PRODUCTS,
        (from, end) -> {
          for (int m = from; m < end; m++) {
            norm.accept(m);
          }
        });
  }

  @Override
  public void normNorm(
      Lanes lanes, Buffer y, Buffer after, Buffer x, Buffer before, float eps, Buffer out) {
    norm(lanes, y, after, eps, x);
    norm(lanes, x, before, eps, out);
  }

  @Override
  public void queryKeyValue(
      Lanes lanes,
      Buffer x,
      Weights weights,
      Buffer bias,
      Buffer rope,
      Sequences sequences,
      KvCache cache,
      KvSlot slot,
      Buffer q) {
    Heads.append(
        workers,
        CpuLanes.of(lanes),
        CpuBuffer.of(x),
        CpuWeights.of(weights),
        CpuBuffer.of(bias).data(),
        CpuBuffer.of(rope).data(),
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
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer to = CpuBuffer.of(out);
    Linear.multiply(
        workers,
        CpuWeights.of(weights),
        CpuBuffer.of(x),
        lanes.size(),
        (row, rows, lane, count, products) -> {
          for (int m = 0; m < count; m++) {
            int at = to.row(table, lane + m) + row;
            System.arraycopy(products, m * Linear.PANEL, to.data(), at, rows);
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
              to.data()[at + r] = products[m * Linear.PANEL + r] + add.data()[at + r];
            }
          }
        });
  }

  @Override
  public void swiglu(Lanes lanes, Buffer x, Weights weights, Buffer out) {
    CpuBuffer to = CpuBuffer.of(out);
    int ffn = to.columns();
    gateUp = reserve(gateUp, lanes.size(), 2 * ffn);
    linear(lanes, x, weights, gateUp);
    CpuBuffer products = gateUp;
    Linear.split(
        workers,
        lanes.size(),
        (long) ffn * SILU_PRODUCTS,
        (from, end) -> {
          for (int m = from; m < end; m++) {
            Maths.silu(products.data(), products.row(m), ffn, to.data(), to.row(m));
          }
        });
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
  public LatentMeasures latentMeasures(Lanes lanes, Buffer s, Buffer previous) {
    LatentMeasures.Result result =
        Measures.latents(workers, CpuLanes.of(lanes), CpuBuffer.of(s), CpuBuffer.of(previous));
    copyRows(lanes, s, previous);
    return () -> result;
  }

  @Override
  public OutputMeasures outputMeasures(Lanes lanes, Buffer logits, Buffer previous) {
    OutputMeasures.Result result =
        Measures.outputs(workers, CpuLanes.of(lanes), CpuBuffer.of(logits), CpuBuffer.of(previous));
    scatter(lanes, logits, previous);
    return () -> result;
  }

  @Override
  public void copyRows(Lanes lanes, Buffer from, Buffer to) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer source = CpuBuffer.of(from);
    CpuBuffer target = CpuBuffer.of(to);
    for (int m = 0; m < table.size(); m++) {
      int at = target.row(table.row[m]);
      System.arraycopy(source.data(), at, target.data(), at, target.columns());
    }
  }

  @Override
  public void clearRows(Lanes lanes, Buffer to) {
    CpuLanes table = CpuLanes.of(lanes);
    CpuBuffer target = CpuBuffer.of(to);
    for (int m = 0; m < table.size(); m++) {
      int at = target.row(table.row[m]);
      Arrays.fill(target.data(), at, at + target.columns(), 0);
    }
  }

  @Override
  public void synchronize() {} // operations are done when a call returns

  @Override
  public Mark mark() {
    return new CpuMark(System.nanoTime());
  }

  private record CpuMark(long nanos) implements Mark {
    @Override
    public boolean passed() {
      return true;
    }

    @Override
    public double nanosSince(Mark earlier) {
      return nanos - ((CpuMark) earlier).nanos;
    }

    @Override
    public void close() {}
  }

  @Override
  public long cacheBytes() {
    return HostCache.bytes();
  }

  @Override
  public Ceilings ceilings(long readBytes) {
    long wanted = Math.max(READ_BYTES, 4 * cacheBytes()); // far more than caches hold
    long bytes = readBytes > 0 ? readBytes : Math.min(wanted, HostMemory.availableBytes() / 4);
    return new CpuCeilings(workers, bytes);
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
