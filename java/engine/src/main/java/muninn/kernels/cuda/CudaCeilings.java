package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.Ceilings;
import muninn.kernels.DType;
import muninn.kernels.Format;

/**
 * A GPU's limits, by kernels that do nothing else ({@code kernels-cu/ceilings.cu}), and by a matrix
 * library's large product where there is a library.
 */
final class CudaCeilings implements Ceilings {
  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;
  private static final int CHAINS = 8;
  private static final long MMA_FLOP = 2L * 16 * 8 * 16;
  private static final int READ_BLOCKS = 16; // a multiprocessor
  private static final int MULTIPLY_BLOCKS = 8;

  // So many steps take about as long as reading the memory: half a millisecond on large GPUs.
  private static final long BYTES_PER_STEP = 512 << 10;
  private static final int LEAST_STEPS = 4;
  private static final int MOST_STEPS = 8192;

  // The sides of the library's product, 8192 where 2 GiB are read.
  private static final double BYTES_PER_SQUARE = 32;
  private static final int SIDE_STEP = 256;

  private final Kernels kernels;
  private final DType dtype;
  private final DeviceMemory memory;
  private final DeviceMemory never;
  private final int steps;
  private final Optional<Gemm> library;
  private final int side;
  private final List<DeviceMemory> squares = new ArrayList<>(); // x, w, product
  private final List<DeviceMemory> taken = new ArrayList<>(); // all of it

  /**
   * @param library closed with the ceilings
   */
  CudaCeilings(
      Context context,
      Stream stream,
      Kernels kernels,
      DType dtype,
      long readBytes,
      Optional<Gemm> library) {
    this.kernels = kernels;
    this.dtype = dtype;
    this.library = library;
    steps = Math.clamp(readBytes / BYTES_PER_STEP, LEAST_STEPS, MOST_STEPS);
    Abi abi = new Abi(context, stream, kernels, "ceilings");
    abi.check("THREADS", THREADS);
    abi.check("CHAINS", CHAINS);
    side = SIDE_STEP * (int) Math.max(1, Math.sqrt(readBytes / BYTES_PER_SQUARE) / SIDE_STEP);
    try {
      memory = take(context, Math.ceilDiv(readBytes, 16L) * 16);
      never = take(context, Integer.BYTES);
      stream.fill(memory, 0, memory.bytes(), (byte) 1);
      if (library.isPresent()) {
        Tokens tokens = new Tokens(kernels);
        squares.add(random(context, tokens, 1));
        squares.add(random(context, tokens, 2));
        squares.add(take(context, (long) side * side * Float.BYTES));
      }
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  private DeviceMemory take(Context context, long bytes) {
    taken.add(context.allocate(bytes));
    return taken.getLast();
  }

  private DeviceMemory random(Context context, Tokens tokens, long seed) {
    DeviceMemory square = take(context, (long) side * side * dtype.bytes());
    tokens.random(new CudaWeights(square, new Format.Plain(dtype), side, side), seed, 1);
    return square;
  }

  @Override
  public List<Load> loads() {
    boolean bf16 = dtype == DType.BF16;
    int blocks = MULTIPLY_BLOCKS * kernels.multiprocessors();
    long flopPerBlock = bf16 ? WARPS * CHAINS * MMA_FLOP : 2L * THREADS * CHAINS;
    List<Load> loads = new ArrayList<>();
    loads.add(new Load("read", Limit.READ, memory.bytes(), this::read));
    loads.add(
        new Load(
            bf16 ? "mma.m16n8k16, bfloat16" : "multiply-add, float32",
            Limit.MULTIPLY,
            blocks * flopPerBlock * steps,
            () -> multiply(blocks)));
    library.ifPresent(gemm -> loads.add(product(gemm)));
    return loads;
  }

  private Load product(Gemm gemm) {
    GemmShape shape = GemmShape.of(side, side, side);
    return new Load(
        String.format(Locale.ROOT, "%s, %d × %d × %d", gemm.name(), side, side, side),
        Limit.MULTIPLY,
        2L * side * side * side,
        () ->
            gemm.multiply(
                shape,
                squares.get(0).address(),
                squares.get(1).address(),
                squares.get(2).address()));
  }

  private void multiply(int blocks) {
    kernels.launch(kernels.typed("ceilings_multiply"), Launch.of(blocks, THREADS), steps, never);
  }

  private void read() {
    kernels.launch(
        "ceilings_read",
        Launch.of(READ_BLOCKS * kernels.multiprocessors(), THREADS),
        memory,
        memory.bytes() / 16,
        never);
  }

  @Override
  public void close() {
    library.ifPresent(Gemm::close);
    taken.forEach(DeviceMemory::close);
  }
}
