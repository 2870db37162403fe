package muninn.kernels.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.EmulatedCounters;
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
import muninn.kernels.Program;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Sampled;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;
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
  private final Stream stream;
  private final CudaOptions options;
  private final Format operands; // what products read, and what weights are kept in
  private final Optional<Timeline> timeline;
  private final Staging staging;
  private final Kernels kernels;
  private final Uploads uploads;
  private final Storage storage;
  private final Tokens tokens;
  private final Norms norms;
  private final Gemms gemms;
  private final Linears linears;
  private final Attention attention;
  private final Sampler sampler;
  private final Choices choices;
  private final Measures measures;
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
      timeline =
          switches.timeline() ? Optional.of(new Timeline(context, stream)) : Optional.empty();
      staging = new Staging(context, stream, STAGING_PLACES);
      kernels =
          new Kernels(
              context.module(name, image),
              gpu,
              stream,
              options.dtype() == DType.F32 ? "_f32" : "_bf16",
              switches,
              timeline);
      Abi abi = new Abi(context, stream, kernels, "tables");
      abi.check(
          CudaLanes.LAYOUT,
          CudaSequences.LAYOUT,
          CudaSequences.PARAMETERS,
          CudaSequences.BIAS,
          CudaKvCache.LAYOUT,
          CudaWeights.LAYOUT,
          CudaWeights.CODED,
          Kernels.SLOT);
      abi.check("TILE", CudaLanes.TILE);
      abi.check("PAGE", KvCache.PAGE);
      abi.check("SPLIT", CudaLanes.SPLIT);
      abi.check("LONG", CudaLanes.LONG);
      abi.check("MOST_BIASES", SequenceParameters.MOST_BIASES);
      abi.check("LANE_HEADER", CudaLanes.HEADER);
      abi.check("LANE_COLUMNS", CudaLanes.COLUMNS);
      tokens = new Tokens(kernels);
      norms = new Norms(context, stream, kernels);
      gemms = libraries.apply(context, stream);
      linears =
          new Linears(
              context,
              stream,
              kernels,
              options.dtype(),
              gemms.gemm(),
              options.deterministic(),
              switches);
      attention = new Attention(context, stream, kernels);
      choices = Choices.of(switches.variants(), variants());
      sampler = new Sampler(context, stream, kernels);
      measures = new Measures(context, stream, kernels);
      marks = new Marks(context, stream);
      uploads = new Uploads(context, stream, tokens);
      storage = new Storage(context, stream, uploads, tokens, options.dtype());
    } catch (Throwable e) {
      context.close();
      throw e;
    }
  }

  private static Gemms libraries(CudaOptions options, Context context, Stream stream) {
    boolean any = options.dtype() == DType.BF16 && !options.deterministic();
    return Gemms.open(any ? options.gemm() : Gemms.OWN, context, stream);
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT,
        "%s, %s, %s beyond 64 lanes%s",
        context.gpu(),
        operands.label(),
        gemms.gemm().map(Gemm::name).orElse("own kernels"),
        kvFormat().equals(operands) ? "" : ", keys and values in " + kvFormat());
  }

  @Override
  public String platform() {
    Gpu gpu = context.gpu();
    List<String> remarks = new ArrayList<>(gemms.reasons());
    gemms.gemm().map(Gemm::notes).ifPresent(remarks::addAll);
    return String.format(
        Locale.ROOT,
        "driver for CUDA %s, %d multiprocessors at %d MHz, Java %s%s",
        gpu.driver().version(),
        gpu.attribute(Gpu.Attribute.MULTIPROCESSORS),
        gpu.attribute(Gpu.Attribute.CLOCK_KILOHERTZ) / 1000,
        Runtime.version(),
        remarks.isEmpty() ? "" : "; " + String.join("; ", remarks));
  }

  @Override
  public int ticksAhead() {
    return 1;
  }

  @Override
  public long grantedBytes() {
    Context.Memory memory = context.memory();
    long used = memory.totalBytes() - memory.freeBytes();
    return Math.max(0, (long) (memory.totalBytes() * options.memoryUtilization()) - used);
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
    return storage.weights(stored, format);
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma, Format format) {
    return storage.randomWeights(seed, rows, columns, sigma, format);
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
    int widest = attention.widest(options.dtype());
    return storage.kvCache(format, pages, heads, headWidth, widest);
  }

  @Override
  public void copyPage(KvCache cache, int from, int to) {
    storage.copyPage(CudaKvCache.of(cache), from, to);
  }

  @Override
  public Lanes lanes(int capacity) {
    return new CudaLanes(context, staging, capacity);
  }

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    return new CudaSequences(context, stream, staging, kernels, count, positions, slots);
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
    return switch (op) {
      case Op.Product product -> linears.variants(product);
      case Op.Attend attend -> attention.variants(attend);
      default -> List.of();
    };
  }

  private Map<String, List<String>> variants() {
    Map<String, List<String>> known = new LinkedHashMap<>(Attention.variants());
    known.putAll(linears.variants());
    return known;
  }

  @Override
  public Routine prepare(Program program) {
    return prepare(program, choices);
  }

  @Override
  public Routine prepare(Program program, Variant variant) {
    return prepare(program, choices.with(variant));
  }

  private Routine prepare(Program program, Choices chosen) {
    uploads.release(); // what weights it reads are there
    List<Prepared> operations =
        program.ops().stream().map(op -> named(op, prepared(op, chosen))).toList();
    return new CudaRoutine(program.name(), operations, Tables.of(program.ops()), stream, nvtx);
  }

  private Prepared named(Op op, Prepared prepared) {
    return timeline.map(it -> it.named(op.name(), prepared)).orElse(prepared);
  }

  private Prepared prepared(Op op, Choices chosen) {
    return switch (op) {
      case Op.Embed embed -> tokens.prepare(embed);
      case Op.InitialState start -> tokens.prepare(start);
      case Op.Move move -> tokens.prepare(move);
      case Op.Clear clear -> tokens.prepare(clear);
      case Op.Norm norm -> norms.prepare(norm);
      case Op.NormPair pair -> norms.prepare(pair);
      case Op.Product product -> linears.prepare(product, chosen);
      case Op.Attend attend -> attention.prepare(attend, chosen);
      case Op.Draw _, Op.LatentLook _, Op.GateLook _, Op.OutputLook _ ->
          throw Program.tellsTheHost(op);
    };
  }

  @Override
  public Reading<Samples> prepare(Op.Draw draw) {
    Reading<Samples> drawing = sampler.prepare(draw);
    return lanes -> {
      try (Nvtx.Range _ = nvtx.range(draw.name())) {
        return drawing.run(lanes);
      }
    };
  }

  @Override
  public Reading<LatentMeasures> prepare(Op.LatentLook look) {
    return measures.prepare(look);
  }

  @Override
  public Reading<GateMeasures> prepare(Op.GateLook look) {
    return measures.prepare(look);
  }

  @Override
  public Reading<OutputMeasures> prepare(Op.OutputLook look) {
    return measures.prepare(look);
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
    return context.gpu().driver().counters().map(CudaDevice::counters);
  }

  @Override
  public Optional<LaunchTimeline> timeline() {
    return timeline.map(Function.identity());
  }

  private static LaunchCounters counters(EmulatedCounters emulated) {
    return new LaunchCounters() {
      @Override
      public void begin(int blocks, boolean alone) {
        emulated.begin(blocks, alone);
      }

      @Override
      public String end() {
        return emulated.end();
      }
    };
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
      linears.close();
    } finally {
      context.close();
    }
  }
}
