package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A GPU that has no memory and runs nothing: programs are written for it, of which it knows the
 * shapes, and it counts the bytes that they would need.
 */
public final class PaperDevice implements Device {
  private final Format weights;
  private final DType operands;
  private final Format kv;
  private final PaperMemory memory;
  private long weightBytes;
  private long bufferBytes;

  private record Matrix(int rows, int columns, Format format) implements Weights {}

  /**
   * A buffer.
   *
   * @param memory which of them: two of one shape are not the same
   */
  private record Rows(Object memory, int rows, int columns, DType dtype, boolean isByRow)
      implements Buffer {
    @Override
    public Buffer byRow() {
      return new Rows(memory, rows, columns, dtype, true);
    }
  }

  private record Pages(int heads, int headWidth, Format format) implements KvCache {}

  private record NoLanes() implements Lanes {
    @Override
    public void clear() {}

    @Override
    public void add(int row, int sequence, int position, int group, int token) {
      throw runsNothing();
    }

    @Override
    public int size() {
      return 0;
    }
  }

  private record Table(int positions) implements Sequences {
    @Override
    public void open(int sequence, SequenceParameters parameters) {}

    @Override
    public void restore(int sequence, int from, int[] tokens, int group) {}

    @Override
    public void map(int sequence, int slot, int chunk, int page) {}
  }

  /**
   * @param weights what matrices are stored as
   * @param operands what it multiplies
   * @param kv what it keeps keys and values in
   */
  public PaperDevice(DType weights, DType operands, Format kv) {
    this(weights, operands, kv, PaperMemory.NONE);
  }

  /**
   * Of a kind.
   *
   * @param memory what the kind takes beside the numbers
   */
  public PaperDevice(DType weights, DType operands, Format kv, PaperMemory memory) {
    this(new Format.Plain(weights), operands, kv, memory);
  }

  private PaperDevice(Format weights, DType operands, Format kv, PaperMemory memory) {
    this.weights = weights;
    this.operands = operands;
    this.kv = kv;
    this.memory = memory;
  }

  /** The same with keys and values as it multiplies them. */
  public PaperDevice(DType weights, DType operands) {
    this(weights, operands, new Format.Plain(operands));
  }

  /** Of all weights and tables so far. */
  public long weightBytes() {
    return weightBytes;
  }

  /** Of all activations so far. */
  public long bufferBytes() {
    return bufferBytes;
  }

  /** What it takes beside weights and activations. */
  public PaperMemory memory() {
    return memory;
  }

  /** Nothing as yet, of the same kind. */
  @Override
  public Optional<PaperDevice> onPaper() {
    return Optional.of(new PaperDevice(weights, operands, kv, memory.fresh()));
  }

  @Override
  public String name() {
    return "paper";
  }

  @Override
  public int ticksAhead() {
    return 0;
  }

  @Override
  public String platform() {
    return "arithmetic";
  }

  @Override
  public long grantedBytes() {
    return 0;
  }

  @Override
  public Format kvFormat() {
    return kv;
  }

  @Override
  public long kvPageBytes(Format format, int heads, int headWidth) {
    return memory.pageBytes(format, heads, headWidth);
  }

  @Override
  public Format weightFormat(DType stored) {
    return weights;
  }

  @Override
  public Weights weights(Stored stored, Format format) {
    return randomWeights(0, stored.rows(), stored.columns(), 0, format);
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma, Format format) {
    Matrix matrix = new Matrix(rows, columns, format);
    weightBytes += matrix.bytes();
    memory.matrix(matrix);
    return matrix;
  }

  @Override
  public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
    weightBytes += (long) rows * columns * Float.BYTES;
    return new Rows(new Object(), rows, columns, DType.F32, false);
  }

  @Override
  public Buffer buffer(int rows, int columns) {
    return rows(rows, columns, DType.F32);
  }

  @Override
  public Buffer operand(int rows, int columns) {
    return rows(rows, columns, operands);
  }

  private Buffer rows(int rows, int columns, DType dtype) {
    bufferBytes += (long) rows * columns * dtype.bytes();
    return new Rows(new Object(), rows, columns, dtype, false);
  }

  @Override
  public Lanes lanes(int capacity) {
    memory.lanes(capacity);
    return new NoLanes();
  }

  @Override
  public KvCache kvCache(Format format, int pages, int heads, int headWidth) {
    return new Pages(heads, headWidth, format);
  }

  @Override
  public void copyPage(KvCache cache, int from, int to) {}

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    memory.sequences(count, positions, slots);
    return new Table(positions);
  }

  @Override
  public Sampled sampled(int rows) {
    bufferBytes += (long) rows * Integer.BYTES;
    return new Sampled() {};
  }

  @Override
  public Routine prepare(Program program) {
    program.ops().forEach(memory::prepare);
    return _ -> {
      throw runsNothing();
    };
  }

  @Override
  public Reading<Samples> prepare(Op.Draw draw) {
    return nothing();
  }

  @Override
  public Reading<LatentMeasures> prepare(Op.LatentLook look) {
    return nothing();
  }

  @Override
  public Reading<GateMeasures> prepare(Op.GateLook look) {
    return nothing();
  }

  @Override
  public Reading<OutputMeasures> prepare(Op.OutputLook look) {
    return nothing();
  }

  private static <R> Reading<R> nothing() {
    return _ -> {
      throw runsNothing();
    };
  }

  @Override
  public void synchronize() {}

  @Override
  public Mark mark() {
    throw runsNothing();
  }

  @Override
  public long cacheBytes() {
    return 0;
  }

  @Override
  public Ceilings ceilings(long readBytes) {
    throw runsNothing();
  }

  @Override
  public float[] read(Buffer buffer, int row) {
    throw runsNothing();
  }

  private static UnsupportedOperationException runsNothing() {
    return new UnsupportedOperationException("a device on paper runs nothing");
  }

  @Override
  public void close() {}
}
