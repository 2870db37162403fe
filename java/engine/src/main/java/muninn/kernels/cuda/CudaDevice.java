package muninn.kernels.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Gpu;
import muninn.cuda.Nvtx;
import muninn.cuda.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.Ceilings;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Mark;
import muninn.kernels.OnGpu;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.kernels.Stored;
import muninn.kernels.Weights;

/**
 * A GPU, or the emulated device, through the CUDA driver. Everything stays in device memory and one
 * stream orders it; a stage is one graph launch; what crosses the bus in a tick is the lane table
 * and the tokens drawn. The operations themselves are in the classes beside this one, a family of
 * kernels each.
 */
public final class CudaDevice implements Device {
  private static final int STAGING_PLACES = 16;
  private static final int WIDTH_STEP = 8;
  private static final int LEAST_HEAD = 16;
  private static final int MOST_HEAD = 128;
  private static final long READ_BYTES = 2L << 30;

  private final Context context;
  private final Stream stream;
  private final CudaOptions options;
  private final Staging staging;
  private final Kernels kernels;
  private final Stages stages;
  private final Uploads uploads;
  private final Tokens tokens;
  private final Norms norms;
  private final Gemms gemms;
  private final Linears linears;
  private final Attention attention;
  private final Sampler sampler;
  private final Measures measures;
  private final Marks marks;
  private final Nvtx nvtx = Nvtx.open();
  private CudaSequences sequences;

  /** Token ids by row. */
  record CudaSampled(DeviceMemory memory) implements Sampled {
    static DeviceMemory of(Sampled sampled) {
      return ((CudaSampled) sampled).memory();
    }
  }

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
    context = gpu.open();
    try {
      stream = context.stream();
      staging = new Staging(context, stream, STAGING_PLACES);
      kernels =
          new Kernels(
              context.module(name, image),
              gpu,
              stream,
              options.dtype() == DType.F32 ? "_f32" : "_bf16");
      stages = new Stages(stream);
      tokens = new Tokens(kernels);
      norms = new Norms(kernels);
      gemms = libraries.apply(context, stream);
      linears = new Linears(context, stream, kernels, options.dtype(), gemms.gemm());
      attention = new Attention(context, stream, kernels);
      sampler = new Sampler(context, stream, kernels);
      measures = new Measures(context, stream, kernels);
      marks = new Marks(context, stream);
      uploads = new Uploads(context, stream, tokens);
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
        "%s, %s, %s beyond 64 lanes",
        context.gpu(),
        options.dtype() == DType.F32 ? "float32" : "bfloat16",
        gemms.gemm().map(Gemm::name).orElse("own kernels"));
  }

  @Override
  public String platform() {
    Gpu gpu = context.gpu();
    return String.format(
        Locale.ROOT,
        "driver for CUDA %s, %d multiprocessors at %d MHz, Java %s%s",
        gpu.driver().version(),
        gpu.attribute(Gpu.Attribute.MULTIPROCESSORS),
        gpu.attribute(Gpu.Attribute.CLOCK_KILOHERTZ) / 1000,
        Runtime.version(),
        gemms.reasons().isEmpty() ? "" : "; " + String.join("; ", gemms.reasons()));
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
  public long kvPageBytes(int heads, int headWidth) {
    return CudaKvCache.pageBytes(options.dtype(), heads, headWidth);
  }

  // Memory

  @Override
  public Weights weights(Stored stored) {
    requireColumns(stored.columns());
    DeviceMemory memory = uploads.upload(stored, options.dtype());
    return new CudaWeights(memory, options.dtype(), stored.rows(), stored.columns());
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma) {
    requireColumns(columns);
    long bytes = (long) rows * columns * options.dtype().bytes();
    CudaWeights made = new CudaWeights(context.allocate(bytes), options.dtype(), rows, columns);
    tokens.random(made, seed, sigma);
    return made;
  }

  private static void requireColumns(int columns) {
    require(columns % WIDTH_STEP == 0, "a matrix of %d columns", columns, "a multiple of 8");
  }

  @Override
  public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
    DeviceMemory memory = uploads.upload(Stored.of(dtype, rows, columns, data), DType.F32);
    return new CudaBuffer(memory, DType.F32, rows, columns);
  }

  @Override
  public CudaBuffer buffer(int rows, int columns) {
    return zeroed(DType.F32, rows, columns);
  }

  @Override
  public CudaBuffer operand(int rows, int columns) {
    return zeroed(options.dtype(), rows, columns);
  }

  private CudaBuffer zeroed(DType dtype, int rows, int columns) {
    DeviceMemory memory = context.allocate((long) rows * columns * dtype.bytes());
    stream.fill(memory, 0, memory.bytes(), (byte) 0);
    return new CudaBuffer(memory, dtype, rows, columns);
  }

  @Override
  public Lanes lanes(int capacity) {
    return new CudaLanes(context, staging, capacity);
  }

  @Override
  public KvCache kvCache(int pages, int heads, int headWidth) {
    require(
        headWidth % WIDTH_STEP == 0 && headWidth >= LEAST_HEAD && headWidth <= MOST_HEAD,
        "heads of width %d",
        headWidth,
        "a multiple of 8 from 16 to 128");
    long bytes = pages * kvPageBytes(heads, headWidth);
    return new CudaKvCache(context.allocate(Math.max(1, bytes)), heads, headWidth);
  }

  private static void require(boolean holds, String what, int value, String wanted) {
    if (!holds) {
      throw muninn.UserException.of(
          "the CUDA device cannot run %s: it wants %s; run the model on the CPU (device=cpu)",
          String.format(Locale.ROOT, what, value), wanted);
    }
  }

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    sequences = new CudaSequences(context, stream, staging, kernels, count, positions, slots);
    return sequences;
  }

  @Override
  public Sampled sampled(int rows) {
    DeviceMemory memory = context.allocate(4L * rows);
    stream.fill(memory, 0, memory.bytes(), (byte) 0);
    return new CudaSampled(memory);
  }

  // Operations

  @Override
  public void stage(String name, Lanes lanes, Runnable operations) {
    try (Nvtx.Range _ = nvtx.range(name)) {
      if (ready(lanes)) {
        stages.run(name, CudaLanes.of(lanes), operations);
      }
    }
  }

  /**
   * Brings tables that changed to the device, but not into a recording: they were brought before
   * it.
   *
   * @return whether there is anything to do
   */
  private boolean ready(Lanes lanes) {
    if (!stages.recording()) {
      CudaLanes.of(lanes).upload();
      if (sequences != null) {
        sequences.upload();
      }
    }
    return lanes.size() > 0;
  }

  @Override
  public void embed(
      Lanes lanes, Weights embedding, float scale, Sampled sampled, Sequences sequences, Buffer x) {
    if (ready(lanes)) {
      tokens.embed(
          CudaLanes.of(lanes),
          CudaWeights.of(embedding),
          scale,
          CudaSampled.of(sampled),
          CudaSequences.of(sequences),
          CudaBuffer.of(x));
    }
  }

  @Override
  public void initialState(Lanes lanes, float sigma, Sequences sequences, Buffer s) {
    if (ready(lanes)) {
      tokens.initialState(
          CudaLanes.of(lanes), sigma, CudaSequences.of(sequences), CudaBuffer.of(s));
    }
  }

  @Override
  public void scatter(Lanes lanes, Buffer x, Buffer out) {
    if (ready(lanes)) {
      tokens.scatter(CudaLanes.of(lanes), CudaBuffer.of(x), CudaBuffer.of(out));
    }
  }

  @Override
  public void gatherNorm(Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out) {
    if (ready(lanes)) {
      norms.gather(
          CudaLanes.of(lanes), CudaBuffer.of(x), CudaBuffer.of(weight), eps, CudaBuffer.of(out));
    }
  }

  @Override
  public void norm(Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out) {
    if (ready(lanes)) {
      norms.norm(
          CudaLanes.of(lanes), CudaBuffer.of(x), CudaBuffer.of(weight), eps, CudaBuffer.of(out));
    }
  }

  @Override
  public void normNorm(
      Lanes lanes, Buffer y, Buffer after, Buffer x, Buffer before, float eps, Buffer out) {
    if (ready(lanes)) {
      norms.normNorm(
          CudaLanes.of(lanes),
          CudaBuffer.of(y),
          CudaBuffer.of(after),
          CudaBuffer.of(x),
          CudaBuffer.of(before),
          eps,
          CudaBuffer.of(out));
    }
  }

  @Override
  public void adapter(Lanes lanes, Buffer s, Buffer e, Weights weights, Buffer x) {
    if (ready(lanes)) {
      linears.adapter(
          CudaLanes.of(lanes),
          CudaBuffer.of(s),
          CudaBuffer.of(e),
          CudaWeights.of(weights),
          CudaBuffer.of(x));
    }
  }

  @Override
  public void queryKeyValue(
      Lanes lanes,
      Buffer x,
      Weights weights,
      Buffer bias,
      Buffer rope,
      Sequences sequences,
      KvCache cache,
      KvSlot slot,
      Buffer q) {
    if (ready(lanes)) {
      linears.queryKeyValue(
          CudaLanes.of(lanes),
          CudaBuffer.of(x),
          CudaWeights.of(weights),
          CudaBuffer.of(bias),
          CudaBuffer.of(rope),
          CudaSequences.of(sequences),
          CudaKvCache.of(cache),
          slot,
          CudaBuffer.of(q));
    }
  }

  @Override
  public void attention(
      Lanes lanes, Buffer q, Sequences sequences, KvCache cache, KvSlot slot, Buffer out) {
    if (ready(lanes)) {
      attention.attend(
          CudaLanes.of(lanes),
          CudaBuffer.of(q),
          CudaSequences.of(sequences),
          CudaKvCache.of(cache),
          slot,
          CudaBuffer.of(out));
    }
  }

  @Override
  public void linearAdd(Lanes lanes, Buffer x, Weights weights, Buffer residual, Buffer out) {
    if (ready(lanes)) {
      linears.linearAdd(
          CudaLanes.of(lanes),
          CudaBuffer.of(x),
          CudaWeights.of(weights),
          CudaBuffer.of(residual),
          CudaBuffer.of(out));
    }
  }

  @Override
  public void swiglu(Lanes lanes, Buffer x, Weights weights, Buffer out) {
    if (ready(lanes)) {
      linears.swiglu(
          CudaLanes.of(lanes), CudaBuffer.of(x), CudaWeights.of(weights), CudaBuffer.of(out));
    }
  }

  @Override
  public void linear(Lanes lanes, Buffer x, Weights weights, Buffer out) {
    if (ready(lanes)) {
      linears.linear(
          CudaLanes.of(lanes), CudaBuffer.of(x), CudaWeights.of(weights), CudaBuffer.of(out));
    }
  }

  @Override
  public Samples sample(Lanes lanes, Buffer logits, Sequences sequences, Sampled sampled) {
    try (Nvtx.Range _ = nvtx.range("sample")) {
      ready(lanes);
      return sampler.sample(
          CudaLanes.of(lanes),
          CudaBuffer.of(logits),
          CudaSequences.of(sequences),
          CudaSampled.of(sampled));
    }
  }

  @Override
  public LatentMeasures latentMeasures(Lanes lanes, Buffer s, Buffer previous) {
    ready(lanes);
    return measures.latents(CudaLanes.of(lanes), CudaBuffer.of(s), CudaBuffer.of(previous));
  }

  @Override
  public OutputMeasures outputMeasures(Lanes lanes, Buffer logits, Buffer previous) {
    ready(lanes);
    return measures.outputs(CudaLanes.of(lanes), CudaBuffer.of(logits), CudaBuffer.of(previous));
  }

  @Override
  public void copyRows(Lanes lanes, Buffer from, Buffer to) {
    if (ready(lanes)) {
      tokens.copyRows(CudaLanes.of(lanes), CudaBuffer.of(from), CudaBuffer.of(to));
    }
  }

  @Override
  public void clearRows(Lanes lanes, Buffer to) {
    if (ready(lanes)) {
      tokens.clearRows(CudaLanes.of(lanes), CudaBuffer.of(to));
    }
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
  public float[] read(Buffer buffer, int row) {
    CudaBuffer from = CudaBuffer.of(buffer);
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
