package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A place where models run: memory as opaque handles, and programs of fused operations ({@link
 * Op}), made ready once and run on lane tables. What is run is enqueued in order and may still be
 * running when a call returns; the host sees results only through a {@link Reading} and {@link
 * #read}. A device belongs to one thread.
 */
public interface Device extends AutoCloseable {

  /** What this device is, in a few words a user understands. */
  String name();

  /**
   * Ticks that the host should enqueue before it waits for the results of the oldest; 0: it need
   * not.
   */
  int ticksAhead();

  /** What it runs on, and with what: clocks, driver, versions, as far as it is known. */
  String platform();

  /** Bytes for keys and values where the user names none, once the weights are loaded. */
  long grantedBytes();

  /**
   * A device on paper that counts what this one takes of the memory that it grants; empty where
   * that does not matter, since what is granted is only a part of what is free.
   */
  default Optional<PaperDevice> onPaper() {
    return Optional.empty();
  }

  /** The format of keys and values where nobody chose one. */
  Format kvFormat();

  /** Bytes that one KV page takes here. */
  long kvPageBytes(Format format, int heads, int headWidth);

  /** The same in the device's own choice of a format. */
  default long kvPageBytes(int heads, int headWidth) {
    return kvPageBytes(kvFormat(), heads, headWidth);
  }

  // Memory. Everything allocated lives until the device is closed.

  /** The format of a weight matrix where nobody chose one. */
  Format weightFormat(DType stored);

  /**
   * A weight matrix, laid out as the device's linear operations want it.
   *
   * @param stored read from the device's own threads, and not again after the call; what reading
   *     throws passes through
   * @throws muninn.UserException where the device cannot multiply weights of this format
   */
  Weights weights(Stored stored, Format format);

  /** The same in the device's own choice of a format. */
  default Weights weights(Stored stored) {
    return weights(
        stored,
        switch (stored.format()) {
          case Format.Plain(DType type) -> weightFormat(type);
          case Format format -> format; // as whoever coded it chose
        });
  }

  /**
   * The same of a matrix in memory.
   *
   * @param data {@code rows · columns} little-endian elements, row-major, of a shared arena
   */
  default Weights weights(DType dtype, int rows, int columns, MemorySegment data) {
    return weights(Stored.of(dtype, rows, columns, data));
  }

  /**
   * A weight matrix that nobody has, so that speed can be measured without a checkpoint: numbers
   * around 0 that bfloat16 holds, drawn for (seed, element) alone, the same on every device.
   *
   * @param sigma their standard deviation
   */
  Weights randomWeights(long seed, int rows, int columns, float sigma, Format format);

  /** The same in the device's own choice of a format. */
  default Weights randomWeights(long seed, int rows, int columns, float sigma) {
    return randomWeights(seed, rows, columns, sigma, weightFormat(DType.BF16));
  }

  /**
   * A small table such as a norm's weights, widened to float32; {@code data} as for {@link
   * #weights(DType, int, int, MemorySegment)}.
   */
  Buffer table(DType dtype, int rows, int columns, MemorySegment data);

  /** Float32 activations, zero at first: the residual stream, logits. */
  Buffer buffer(int rows, int columns);

  /**
   * Activations that products and attention read, in the type that this device multiplies, zero at
   * first.
   */
  Buffer operand(int rows, int columns);

  /** The type that operands of products are rounded to, wherever they lie. */
  default DType computesIn() {
    return operand(1, 1).dtype();
  }

  /** An empty lane table for at most {@code capacity} lanes. */
  Lanes lanes(int capacity);

  /**
   * @throws muninn.UserException where the device cannot keep keys and values in this format
   */
  KvCache kvCache(Format format, int pages, int heads, int headWidth);

  /** The same in the device's own choice of a format. */
  default KvCache kvCache(int pages, int heads, int headWidth) {
    return kvCache(kvFormat(), pages, heads, headWidth);
  }

  /** Makes one page of a cache hold what another one does. */
  void copyPage(KvCache cache, int from, int to);

  /**
   * Memory for {@code count} sequences of at most {@code positions} tokens and {@code slots} KV
   * slots.
   */
  Sequences sequences(int count, int positions, int slots);

  /** Token ids by row. */
  Sampled sampled(int rows);

  // Programs

  /**
   * Makes a program ready: chooses how each operation is done, and binds its arguments.
   *
   * @throws muninn.UserException when the device cannot do one of these shapes
   * @throws IllegalArgumentException when one of its operations tells the host something
   */
  Routine prepare(Program program);

  /**
   * The ways in which it can do an operation, of which it takes one by the number of lanes; empty
   * where there is only one.
   */
  default List<Variant> variants(Op op) {
    return List.of();
  }

  /**
   * Makes a program ready as {@link #prepare(Program)} does, but takes one variant for its
   * operation, however many lanes there are.
   *
   * @param variant one of {@link #variants}
   */
  default Routine prepare(Program program, Variant variant) {
    return prepare(program);
  }

  /**
   * Makes ready what tells the host something; a run of it answers at once with what is to be
   * awaited.
   */
  Reading<Samples> prepare(Op.Draw draw);

  /** The same of how far latents moved. */
  Reading<LatentMeasures> prepare(Op.LatentLook look);

  /** The same of what the trained gate says. */
  Reading<GateMeasures> prepare(Op.GateLook look);

  /** The same of how outputs changed. */
  Reading<OutputMeasures> prepare(Op.OutputLook look);

  // Measuring

  /** Waits until everything enqueued is done. */
  void synchronize();

  /** Marks this place in the order of operations. */
  Mark mark();

  /** Bytes that the last-level cache holds; 0 where that is not known. */
  long cacheBytes();

  /**
   * Yardsticks for measurements.
   *
   * @param readBytes memory to read; 0 leaves it to the device
   */
  Ceilings ceilings(long readBytes);

  /** Counts launches; empty where the device cannot. */
  default Optional<LaunchCounters> launchCounters() {
    return Optional.empty();
  }

  /** Times blocks; empty where the device was not opened for it. */
  default Optional<LaunchTimeline> timeline() {
    return Optional.empty();
  }

  /** Waits, and copies one row to the host. For inspection, not for the path of a token. */
  float[] read(Buffer buffer, int row);

  /** A buffer as other CUDA code sees it; empty where this device is no GPU. */
  default Optional<OnGpu> onGpu(Buffer buffer) {
    return Optional.empty();
  }

  /** Frees everything. */
  @Override
  void close();
}
