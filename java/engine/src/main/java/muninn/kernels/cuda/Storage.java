package muninn.kernels.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.Stored;

/**
 * What a CUDA device keeps: weights, activations, keys and values. It says which formats and widths
 * the kernels take, before memory is taken for them.
 */
final class Storage {
  private static final int WIDTH_STEP = 8;

  private final Context context;
  private final Stream stream;
  private final Uploads uploads;
  private final Tokens tokens;
  private final Format operands;

  /**
   * @param dtype what products read, and what weights are kept in
   */
  Storage(Context context, Stream stream, Uploads uploads, Tokens tokens, DType dtype) {
    this.context = context;
    this.stream = stream;
    this.uploads = uploads;
    this.tokens = tokens;
    operands = new Format.Plain(dtype);
  }

  CudaWeights weights(Stored stored, Format format) {
    requireWeights(stored.columns(), format);
    DeviceMemory memory = uploads.upload(stored, format);
    return new CudaWeights(memory, format, stored.rows(), stored.columns());
  }

  CudaWeights randomWeights(long seed, int rows, int columns, float sigma, Format format) {
    requireWeights(columns, format);
    Format made = format instanceof Format.Coded ? Format.BF16 : format;
    DeviceMemory memory = context.allocate(made.bytes(rows, columns));
    CudaWeights numbers = new CudaWeights(memory, made, rows, columns);
    tokens.random(numbers, seed, sigma);
    return made.equals(format) ? numbers : coded(numbers, format);
  }

  /** The same matrix in a format that the host makes, of which the numbers are then gone. */
  private CudaWeights coded(CudaWeights numbers, Format format) {
    try (Arena arena = Arena.ofShared();
        DeviceMemory from = numbers.memory()) {
      MemorySegment host = arena.allocate(from.bytes(), 16);
      stream.download(from, 0, host);
      stream.synchronize();
      return weights(Stored.of(DType.BF16, numbers.rows(), numbers.columns(), host), format);
    }
  }

  private void requireWeights(int columns, Format format) {
    if (!format.equals(operands) && !(format instanceof Format.Coded)) {
      throw UserException.of(
          "a CUDA device that computes in %s does not multiply weights in %s: choose %s for both",
          operands, format, format);
    }
    require(columns % WIDTH_STEP == 0, "a matrix of %d columns", columns, "a multiple of 8");
  }

  CudaBuffer table(DType dtype, int rows, int columns, MemorySegment data) {
    DeviceMemory memory = uploads.upload(Stored.of(dtype, rows, columns, data), Format.F32);
    return new CudaBuffer(memory, DType.F32, rows, columns);
  }

  CudaBuffer zeroed(DType dtype, int rows, int columns) {
    DeviceMemory memory = context.allocate((long) rows * columns * dtype.bytes());
    stream.fill(memory, 0, memory.bytes(), (byte) 0);
    return new CudaBuffer(memory, dtype, rows, columns);
  }

  float[] read(CudaBuffer from, int row) {
    DType dtype = from.dtype();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate((long) from.columns() * dtype.bytes(), 16);
      stream.download(from.memory(), from.offset(row), host);
      stream.synchronize();
      float[] values = new float[from.columns()];
      for (int i = 0; i < values.length; i++) {
        values[i] = dtype.read(host, i);
      }
      return values;
    }
  }

  CudaKvCache kvCache(Format format, int pages, int heads, int headWidth, int widest) {
    if (!format.equals(operands) && !(format instanceof Format.Scaled)) {
      throw UserException.of(
          "a CUDA device that computes in %s does not keep keys and values in %s: choose %s, %s or"
              + " %s (kv_dtype)",
          operands, format, operands, KvCache.FP8, KvCache.INT8);
    }
    require(
        headWidth % WIDTH_STEP == 0 && headWidth <= widest,
        "heads of width %d",
        headWidth,
        "a multiple of 8 up to " + widest);
    long bytes = pages * CudaKvCache.pageBytes(format, heads, headWidth);
    return new CudaKvCache(context.allocate(Math.max(1, bytes)), format, heads, headWidth);
  }

  void copyPage(CudaKvCache pages, int from, int to) {
    long bytes = CudaKvCache.pageBytes(pages.format(), pages.heads(), pages.headWidth());
    stream.copy(pages.memory(), from * bytes, pages.memory(), to * bytes, bytes);
  }

  private static void require(boolean holds, String what, int value, String wanted) {
    if (!holds) {
      throw UserException.of(
          "the CUDA device cannot run %s: it wants %s; run the model on the CPU (device=cpu)",
          String.format(Locale.ROOT, what, value), wanted);
    }
  }
}
