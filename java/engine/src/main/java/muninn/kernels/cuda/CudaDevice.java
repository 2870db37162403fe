package muninn.kernels.cuda;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Gpu;
import muninn.cuda.Nvtx;
import muninn.cuda.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.Ceilings;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.GateMeasures;
import muninn.kernels.KvCache;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.LaunchCounters;
import muninn.kernels.LaunchTimeline;
import muninn.kernels.Mark;
import muninn.kernels.OnGpu;
import muninn.kernels.Op;
import muninn.kernels.OutputMeasures;
import muninn.kernels.PaperDevice;
import muninn.kernels.PaperMemory;
import muninn.kernels.Program;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Sampled;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.kernels.Stored;
import muninn.kernels.Variant;
import muninn.kernels.Weights;

/**
 * A GPU, or the emulated device, through the CUDA driver. Everything stays in device memory and one
 * stream orders it; a program is one graph launch; what crosses the bus in a tick is the lane table
 * and the tokens drawn. The operations themselves are in the classes beside this one, a family of
 * kernels each.
 */
public final class CudaDevice implements Device {
  private static final int STAGING_PLACES = 16;
  private static final long READ_BYTES = 2L << 30;

  private final Context context;
  private final InTurn.Streams streams;
  private final Stream stream; // of kernels
  private final CudaOptions options;
  private final Format operands; // what products read, and what weights are kept in
  private final Optional<Timeline> timeline;
  private final Staging staging;
  private final Kernels kernels;
  private final Uploads uploads;
  private final Storage storage;
  private final Gemms gemms;
  private final Operations operations;
  private final Marks marks;
  private final Nvtx nvtx = Nvtx.open();

  /**
   * @param gpu opened here, for the calling thread
   * @param name what the kernels are called in a message, such as their file
   * @param image the compiled kernels
   */
  public CudaDevice(Gpu gpu, String name, MemorySegment image, CudaOptions options) {
    this(gpu, name, image, options, (context, stream) -> libraries(options, context, stream));
  }

  /**
   * @param libraries opens the matrix library for many lanes, or none
   */
  CudaDevice(
      Gpu gpu,
      String name,
      MemorySegment image,
      CudaOptions options,
      BiFunction<Context, Stream, Gemms> libraries) {
    this.options = options;
    operands = new Format.Plain(options.dtype());
    Switches switches = Switches.of(options.kernels());
    context = gpu.open();
    try {
      stream = context.stream();
      streams = new InTurn.Streams(stream, context.stream());
      timeline =
          switches.timeline() ? Optional.of(new Timeline(context, stream)) : Optional.empty();
      staging = Staging.ready(context, stream, STAGING_PLACES);
      kernels =
          new Kernels(
              context.module(name, image),
              gpu,
              stream,
              options.dtype() == DType.F32 ? "_f32" : "_bf16",
              switches,
              timeline);
      Layouts.check(new Abi(context, stream, kernels, "tables"));
      gemms = libraries.apply(context, stream);
      Tokens tokens = new Tokens(kernels);
      operations =
          new Operations(
              context, stream, kernels, tokens, options, switches, gemms.gemm(), timeline);
      marks = new Marks(context, stream);
      uploads = new Uploads(context, stream, tokens);
      storage = new Storage(context, stream, uploads, tokens, options.dtype());
    } catch (Throwable e) {
      closeAfter(e, context);
      throw e;
    }
  }

  /** A GPU that has failed may not close well either: what it failed with is what is told. */
  private static void closeAfter(Throwable failure, Context context) {
    try {
      context.close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private static Gemms libraries(CudaOptions options, Context context, Stream stream) {
    boolean any = options.dtype() == DType.BF16 && !options.deterministic();
    return Gemms.open(any ? options.gemm() : Gemms.OWN, context, stream);
  }

  @Override
  public String name() {
    return description().name();
  }

  @Override
  public String platform() {
    return description().platform();
  }

  private Description description() {
    return new Description(context.gpu(), gemms, operands, kvFormat());
  }

  @Override
  public int ticksAhead() {
    return 1;
  }

  @Override
  public long grantedBytes() {
    uploads.release(); // what weights there are is there
    Context.Memory memory = context.memory();
    long used = memory.totalBytes() - memory.freeBytes();
    return Math.max(0, (long) (memory.totalBytes() * options.memoryUtilization()) - used);
  }

  @Override
  public Optional<PaperDevice> onPaper() {
    boolean library = gemms.gemm().isPresent();
    PaperMemory memory = new CudaOnPaper(options.dtype(), kernels.multiprocessors(), library);
    return Optional.of(new PaperDevice(options.dtype(), options.dtype(), kvFormat(), memory));
  }

  @Override
  public Format kvFormat() {
    return options.kv().orElse(operands);
  }

  @Override
  public long kvPageBytes(Format format, int heads, int headWidth) {
    return CudaKvCache.pageBytes(format, heads, headWidth);
  }

  // Memory

  @Override
  public Format weightFormat(DType stored) {
    return operands;
  }

  @Override
  public Weights weights(Stored stored, Format format) {
    return reserved(storage.weights(stored, format));
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma, Format format) {
    return reserved(storage.randomWeights(seed, rows, columns, sigma, format));
  }

  private Weights reserved(CudaWeights weights) {
    operations.reserve(weights);
    return weights;
  }

  @Override
  public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
    return storage.table(dtype, rows, columns, data);
  }

  @Override
  public CudaBuffer buffer(int rows, int columns) {
    return storage.zeroed(DType.F32, rows, columns);
  }

  @Override
  public CudaBuffer operand(int rows, int columns) {
    return storage.zeroed(options.dtype(), rows, columns);
  }

  @Override
  public KvCache kvCache(Format format, int pages, int heads, int headWidth) {
    int widest = operations.widestHeads(options.dtype());
    return storage.kvCache(format, pages, heads, headWidth, widest);
  }

  @Override
  public void copyPage(KvCache cache, int from, int to) {
    storage.copyPage(CudaKvCache.of(cache), from, to);
  }

  @Override
  public Lanes lanes(int capacity) {
    return new CudaLanes(context, streams, capacity);
  }

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    return new CudaSequences(context, streams, staging, kernels, count, positions, slots);
  }

  @Override
  public Sampled sampled(int rows) {
    DeviceMemory memory = context.allocate(4L * rows);
    stream.fill(memory, 0, memory.bytes(), (byte) 0);
    return new CudaSampled(memory);
  }

  // Programs

  @Override
  public List<Variant> variants(Op op) {
    return operations.variants(op);
  }

  @Override
  public Routine prepare(Program program) {
    return routine(program, operations.prepare(program));
  }

  @Override
  public Routine prepare(Program program, Variant variant) {
    return routine(program, operations.prepare(program, variant));
  }

  private Routine routine(Program program, List<Prepared> prepared) {
    uploads.release(); // what weights it reads are there
    return new CudaRoutine(program.name(), prepared, Tables.of(program.ops()), stream, nvtx);
  }

  @Override
  public Reading<Samples> prepare(Op.Draw draw) {
    Reading<Samples> drawing = operations.prepare(draw);
    return lanes -> {
      try (Nvtx.Range _ = nvtx.range(draw.name())) {
        return drawing.run(lanes);
      }
    };
  }

  @Override
  public Reading<LatentMeasures> prepare(Op.LatentLook look) {
    return operations.prepare(look);
  }

  @Override
  public Reading<GateMeasures> prepare(Op.GateLook look) {
    return operations.prepare(look);
  }

  @Override
  public Reading<OutputMeasures> prepare(Op.OutputLook look) {
    return operations.prepare(look);
  }

  @Override
  public void synchronize() {
    stream.synchronize();
  }

  @Override
  public Mark mark() {
    return marks.mark();
  }

  @Override
  public long cacheBytes() {
    return context.gpu().attribute(Gpu.Attribute.L2_BYTES);
  }

  @Override
  public Ceilings ceilings(long readBytes) {
    long bytes = readBytes > 0 ? readBytes : Math.min(READ_BYTES, context.memory().freeBytes() / 2);
    Optional<Gemm> library =
        options.dtype() == DType.BF16
            ? Gemms.open(Gemms.AUTO, context, stream).gemm()
            : Optional.empty();
    return new CudaCeilings(context, stream, kernels, options.dtype(), bytes, library);
  }

  @Override
  public Optional<LaunchCounters> launchCounters() {
    return context.gpu().driver().counters().map(Counters::new);
  }

  @Override
  public Optional<LaunchTimeline> timeline() {
    return timeline.map(Function.identity());
  }

  @Override
  public float[] read(Buffer buffer, int row) {
    return storage.read(CudaBuffer.of(buffer), row);
  }

  @Override
  public Optional<OnGpu> onGpu(Buffer buffer) {
    return Optional.of(new OnGpu(stream, CudaBuffer.of(buffer).memory()));
  }

  /** How many things it holds of the driver, by kind; in a device that only works none grows. */
  public Map<String, Integer> handles() {
    return context.handles();
  }

  @Override
  public void close() {
    try {
      operations.close();
    } finally {
      context.close();
    }
  }
}
