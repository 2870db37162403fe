package muninn.bench;

import java.util.concurrent.TimeUnit;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Program;
import muninn.kernels.Routine;
import muninn.kernels.Weights;
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
 * A linear product on the CPU device, {@code out[m] = W · x[m]} for n lanes: calls a second, GMAC/s
 * and GB/s ({@link KernelRates}).
 *
 * <p>A call makes {@code rows · columns · n} products and moves at least
 *
 * <pre>{@code rows · columns · (F32: 4, BF16: 2) + n · (columns + rows) · 4 bytes}</pre>
 *
 * so the floor of its time is those bytes over the bandwidth of the memory, where W is larger than
 * the caches, or those products over 2 · width · GHz · cores, where there are enough lanes. Which
 * level of memory GB/s speaks of depends on W: the same W is read by every call, and one that fits
 * a cache stays there. 288 × 96 is a layer so small that handing it to threads may not pay.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LinearBench {
  /** Rows × columns of W. */
  @Param({"1024x1024", "6912x1024", "288x96"})
  public String shape;

  /** Lanes. */
  @Param({"1", "4", "16", "64"})
  public int n;

  /** How W is stored; the arithmetic is float32. */
  @Param({"F32", "BF16"})
  public DType dtype;

  /** Threads of the device; 0 takes all cores. */
  @Param("0")
  public int threads;

  private Device device;
  private Lanes lanes;
  private Buffer out;
  private Routine product;
  private long products;
  private long bytes;

  @Setup
  public void open() {
    int cross = shape.indexOf('x');
    int rows = Integer.parseInt(shape.substring(0, cross));
    int columns = Integer.parseInt(shape.substring(cross + 1));
    products = (long) rows * columns * n;
    bytes = (long) rows * columns * dtype.bytes() + (long) n * (columns + rows) * Float.BYTES;

    device = new CpuDevice(threads);
    Randoms randoms = new Randoms(device);
    Weights weights = randoms.weights(dtype, rows, columns);
    Buffer x = randoms.table(n, columns);
    out = device.buffer(n, rows);
    Op op = new Op.Product("linear", x, weights, new Op.Epilogue.Store(out));
    product = device.prepare(Program.of(Program.Role.CORE, op));
    lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, 0);
    }
  }

  @TearDown
  public void close() {
    device.close();
  }

  @Benchmark
  public Buffer linear(KernelRates work) {
    product.run(lanes);
    work.add(products, bytes);
    return out;
  }
}
