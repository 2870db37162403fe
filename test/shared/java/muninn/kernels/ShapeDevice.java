package muninn.kernels;

import java.lang.foreign.MemorySegment;
import muninn.kernels.cpu.CpuDevice;

/** A device of shapes alone: nothing has memory, and nothing runs. For what a model costs. */
public final class ShapeDevice extends ForwardingDevice {
  private final Format weights;
  private final DType operands;

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

  private record Keys(int heads, int headWidth, Format format) implements KvCache {}

  private record Nothing() implements Sequences, Sampled {
    @Override
    public int positions() {
      return 1;
    }

    @Override
    public void open(int sequence, SequenceParameters parameters) {}

    @Override
    public void restore(int sequence, int from, int[] tokens, int group) {}

    @Override
    public void map(int sequence, int slot, int chunk, int page) {}
  }

  public ShapeDevice(DType weights, DType operands) {
    super(new CpuDevice(1));
    this.weights = new Format.Plain(weights);
    this.operands = operands;
  }

  @Override
  public Format weightFormat(DType stored) {
    return weights;
  }

  @Override
  public Format kvFormat() {
    return new Format.Plain(operands);
  }

  @Override
  public Weights weights(Stored stored, Format format) {
    return new Matrix(stored.rows(), stored.columns(), format);
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma, Format format) {
    return new Matrix(rows, columns, format);
  }

  @Override
  public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
    return new Rows(new Object(), rows, columns, DType.F32, false);
  }

  @Override
  public Buffer buffer(int rows, int columns) {
    return new Rows(new Object(), rows, columns, DType.F32, false);
  }

  @Override
  public Buffer operand(int rows, int columns) {
    return new Rows(new Object(), rows, columns, operands, false);
  }

  @Override
  public KvCache kvCache(Format format, int pages, int heads, int headWidth) {
    return new Keys(heads, headWidth, format);
  }

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    return new Nothing();
  }

  @Override
  public Sampled sampled(int rows) {
    return new Nothing();
  }

  @Override
  public Routine prepare(Program program) {
    return lanes -> {};
  }

  @Override
  public Reading<Samples> prepare(Op.Draw draw) {
    return lanes -> null;
  }

  @Override
  public Reading<LatentMeasures> prepare(Op.LatentLook look) {
    return lanes -> null;
  }

  @Override
  public Reading<GateMeasures> prepare(Op.GateLook look) {
    return lanes -> null;
  }

  @Override
  public Reading<OutputMeasures> prepare(Op.OutputLook look) {
    return lanes -> null;
  }
}
