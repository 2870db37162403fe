package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** A device that does what another one does, for those that change or watch a part of it. */
public abstract class ForwardingDevice implements Device {
  private final Device device;

  /**
   * @param device is closed with this one
   */
  protected ForwardingDevice(Device device) {
    this.device = device;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public int ticksAhead() {
    return device.ticksAhead();
  }

  @Override
  public String platform() {
    return device.platform();
  }

  @Override
  public long grantedBytes() {
    return device.grantedBytes();
  }

  @Override
  public Optional<PaperDevice> onPaper() {
    return device.onPaper();
  }

  @Override
  public Format kvFormat() {
    return device.kvFormat();
  }

  @Override
  public long kvPageBytes(Format format, int heads, int headWidth) {
    return device.kvPageBytes(format, heads, headWidth);
  }

  @Override
  public Format weightFormat(DType stored) {
    return device.weightFormat(stored);
  }

  @Override
  public Weights weights(Stored stored, Format format) {
    return device.weights(stored, format);
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma, Format format) {
    return device.randomWeights(seed, rows, columns, sigma, format);
  }

  @Override
  public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
    return device.table(dtype, rows, columns, data);
  }

  @Override
  public Buffer buffer(int rows, int columns) {
    return device.buffer(rows, columns);
  }

  @Override
  public Buffer operand(int rows, int columns) {
    return device.operand(rows, columns);
  }

  @Override
  public DType computesIn() {
    return device.computesIn();
  }

  @Override
  public Lanes lanes(int capacity) {
    return device.lanes(capacity);
  }

  @Override
  public KvCache kvCache(Format format, int pages, int heads, int headWidth) {
    return device.kvCache(format, pages, heads, headWidth);
  }

  @Override
  public void copyPage(KvCache cache, int from, int to) {
    device.copyPage(cache, from, to);
  }

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    return device.sequences(count, positions, slots);
  }

  @Override
  public Sampled sampled(int rows) {
    return device.sampled(rows);
  }

  @Override
  public Routine prepare(Program program) {
    return device.prepare(program);
  }

  @Override
  public List<Variant> variants(Op op) {
    return device.variants(op);
  }

  @Override
  public Routine prepare(Program program, Variant variant) {
    return device.prepare(program, variant);
  }

  @Override
  public Reading<Samples> prepare(Op.Draw draw) {
    return device.prepare(draw);
  }

  @Override
  public Reading<LatentMeasures> prepare(Op.LatentLook look) {
    return device.prepare(look);
  }

  @Override
  public Reading<GateMeasures> prepare(Op.GateLook look) {
    return device.prepare(look);
  }

  @Override
  public Reading<OutputMeasures> prepare(Op.OutputLook look) {
    return device.prepare(look);
  }

  @Override
  public void synchronize() {
    device.synchronize();
  }

  @Override
  public Mark mark() {
    return device.mark();
  }

  @Override
  public long cacheBytes() {
    return device.cacheBytes();
  }

  @Override
  public Ceilings ceilings(long readBytes) {
    return device.ceilings(readBytes);
  }

  @Override
  public Optional<LaunchCounters> launchCounters() {
    return device.launchCounters();
  }

  @Override
  public Optional<LaunchTimeline> timeline() {
    return device.timeline();
  }

  @Override
  public float[] read(Buffer buffer, int row) {
    return device.read(buffer, row);
  }

  @Override
  public Optional<OnGpu> onGpu(Buffer buffer) {
    return device.onGpu(buffer);
  }

  @Override
  public void close() {
    device.close();
  }
}
