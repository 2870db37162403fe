package muninn.kernels.cuda;

import java.util.List;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.Ceilings;
import muninn.kernels.DType;

/** A GPU's limits, by kernels that do nothing else ({@code kernels-cu/ceilings.cu}). */
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

  private final Kernels kernels;
  private final DType dtype;
  private final DeviceMemory memory;
  private final DeviceMemory never;
  private final int steps;

  CudaCeilings(Context context, Stream stream, Kernels kernels, DType dtype, long readBytes) {
    this.kernels = kernels;
    this.dtype = dtype;
    steps = Math.clamp(readBytes / BYTES_PER_STEP, LEAST_STEPS, MOST_STEPS);
    memory = context.allocate(Math.ceilDiv(readBytes, 16L) * 16);
    never = context.allocate(Integer.BYTES);
    stream.fill(memory, 0, memory.bytes(), (byte) 1);
  }

  @Override
  public List<Load> loads() {
    int blocks = MULTIPLY_BLOCKS * kernels.multiprocessors();
    boolean bf16 = dtype == DType.BF16;
    long perBlock = bf16 ? WARPS * CHAINS * MMA_FLOP : 2L * THREADS * CHAINS;
    return List.of(
        new Load("read", Limit.READ, memory.bytes(), this::read),
        new Load(
            bf16 ? "mma.m16n8k16, bfloat16" : "multiply-add, float32",
            Limit.MULTIPLY,
            blocks * perBlock * steps,
            () ->
                kernels.launch(
                    kernels.typed("ceilings_multiply"), Launch.of(blocks, THREADS), steps, never)));
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
    memory.close();
    never.close();
  }
}
