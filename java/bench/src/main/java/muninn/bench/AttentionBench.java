package muninn.bench;

import java.util.concurrent.TimeUnit;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Program;
import muninn.kernels.Routine;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.cpu.CpuDevice;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Attention of one lane, the last of {@code context} positions, with H = 8 heads of D = 128: calls
 * a second, GMAC/s and GB/s ({@link KernelRates}). It is one block's share of one step of one
 * sequence.
 *
 * <p>A call makes {@code 2 · context · H · D} products, besides {@code context · H} exponentials,
 * and moves at least
 *
 * <pre>{@code (2 · context + 2) · H · D · 4 bytes}</pre>
 *
 * float32 keys and values, the query and the result. Two products for each eight bytes: the floor
 * of its time is those bytes over the bandwidth of the memory; at 1024 positions, 8.4 MB, of
 * whichever cache still holds them from the call before.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AttentionBench {
  private static final int HEADS = 8;
  private static final int HEAD_WIDTH = 128;
  private static final KvSlot SLOT = new KvSlot(0, 1); // as the core's, whose depths are looked up

  // Width of the random rows that keys and values are made of; attention does not see it.
  private static final int SOURCE = 16;

  /** Positions attended to. */
  @Param("1024")
  public int context;

  /** Threads of the device; 0 takes all cores. */
  @Param("0")
  public int threads;

  private Device device;
  private Sequences sequences;
  private KvCache cache;
  private Lanes last;
  private Buffer out;
  private Routine attend;
  private long products;
  private long bytes;

  @Setup
  public void open() {
    int width = HEADS * HEAD_WIDTH;
    products = 2L * context * width;
    bytes = (2L * context + 2) * width * Float.BYTES;

    device = new CpuDevice(threads);
    int pages = KvCache.chunks(context);
    cache = device.kvCache(pages, HEADS, HEAD_WIDTH);
    sequences = device.sequences(1, context, 1);
    sequences.open(0, new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1));
    for (int page = 0; page < pages; page++) {
      sequences.map(0, SLOT.of(0), page, page);
    }
    fill(width);

    last = device.lanes(1);
    last.add(0, 0, context - 1, 0, 0);
    Buffer q = new Randoms(device).table(1, width);
    out = device.buffer(1, width);
    attend =
        device.prepare(
            Program.of(Program.Role.CORE, new Op.Attend(q, sequences, cache, SLOT, out)));
  }

  /**
   * Appends the keys and values of all positions; the random rotations are as good as real ones.
   */
  private void fill(int width) {
    Lanes all = device.lanes(context);
    for (int position = 0; position < context; position++) {
      all.add(position, 0, position, 0, 0);
    }
    Randoms randoms = new Randoms(device);
    Op append =
        new Op.Product(
            "qkv",
            randoms.table(context, SOURCE),
            randoms.weights(DType.F32, 3 * width, SOURCE),
            new Op.Epilogue.Heads(
                randoms.table(2, width),
                null,
                randoms.table(context, HEAD_WIDTH),
                sequences,
                cache,
                SLOT,
                device.buffer(context, width)));
    device.prepare(Program.of(Program.Role.CORE, append)).run(all);
  }

  @TearDown
  public void close() {
    device.close();
  }

  @Benchmark
  public Buffer attention(KernelRates work) {
    attend.run(last);
    work.add(products, bytes);
    return out;
  }
}
