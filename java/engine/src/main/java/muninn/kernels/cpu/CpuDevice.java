package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.Ceilings;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.GateMeasures;
import muninn.kernels.KvCache;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Mark;
import muninn.kernels.Op;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Program;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Sampled;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.kernels.Stored;
import muninn.kernels.Weights;

/**
 * The CPU as a device: vector instructions, all cores, weights read from the memory map as they
 * are, float32 arithmetic, with operands rounded to bfloat16 only where that was asked for. It is
 * the embedded default and the oracle for the others. A program is done when the call that runs it
 * returns.
 */
public final class CpuDevice implements Device {
  private static final long READ_BYTES = 2L << 30;

  private final Arena arena = Arena.ofShared();
  private final Workers workers;
  private final Products products;
  private final boolean bf16;
  private final LargeMemory largeMemory;
  private final Packer packer;
  private final Format kv;
  private final LateLibrary late;
  private Optional<CpuLibrary> library; // of products; in float32 there is one when codes come

  /** In float32. */
  public CpuDevice(int threads) {
    this(CpuOptions.of(threads));
  }

  /**
   * @throws UserException where the JVM was started without the vector module
   */
  public CpuDevice(CpuOptions options) {
    this(options, ColdStart.usual());
  }

  /** For tests: the same, with plain loops or vectors as they are needed. */
  CpuDevice(int threads, ColdStart cold) {
    this(CpuOptions.of(threads), cold);
  }

  CpuDevice(CpuOptions options, ColdStart cold) {
    this(options, cold, atOnce(options));
  }

  /** For tests: the same, with a library of their choice. */
  CpuDevice(CpuOptions options, ColdStart cold, Optional<CpuLibrary> library) {
    int threads = options.threads();
    workers = new Workers(threads > 0 ? threads : Runtime.getRuntime().availableProcessors(), cold);
    bf16 = options.dtype() == DType.BF16;
    kv = options.kv().orElse(new Format.Plain(options.dtype()));
    largeMemory = new LargeMemory(arena, options.natives());
    packer = new Packer(workers, arena, largeMemory);
    late = new LateLibrary(options.natives(), bf16, library);
    this.library = library;
    products =
        new Products(workers, late, Optional.of(new Bf16Operands(workers)).filter(_ -> bf16));
  }

  private static Optional<CpuLibrary> atOnce(CpuOptions options) {
    VectorModule.require();
    return options.dtype() == DType.BF16
        ? options.natives().flatMap(folder -> CpuLibrary.open(folder, true))
        : Optional.empty();
  }

  /** What multiplies bfloat16 here by a library in a folder, if it is there. */
  public static Optional<String> bf16Instructions(Path folder) {
    return CpuLibrary.open(folder, true).map(library -> library.instructions().toString());
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT,
        "cpu (%d threads, %d-bit vectors%s%s)",
        workers.count(),
        Linear.FLOATS.vectorBitSize(),
        instructions(),
        kv.equals(new Format.Plain(bf16 ? DType.BF16 : DType.F32))
            ? ""
            : ", keys and values in " + kv);
  }

  private String instructions() {
    Optional<String> compiled = library.map(some -> some.instructions().toString());
    return bf16
        ? ", bfloat16 by " + compiled.orElse("float32's instructions")
        : compiled.map(some -> ", " + some).orElse("");
  }

  @Override
  public String platform() {
    return String.format(
        Locale.ROOT,
        "Java %s, %s %s",
        Runtime.version(),
        System.getProperty("os.name"),
        System.getProperty("os.version"));
  }

  @Override
  public int ticksAhead() {
    return 0;
  }

  @Override
  public long grantedBytes() {
    return HostMemory.availableBytes() / 4; // others live here too
  }

  @Override
  public Format kvFormat() {
    return kv;
  }

  @Override
  public long kvPageBytes(Format format, int heads, int headWidth) {
    return KvElements.of(format, heads, headWidth).pageBytes();
  }

  @Override
  public Format weightFormat(DType stored) {
    return bf16 || stored == DType.BF16 ? Format.BF16 : Format.F32;
  }

  @Override
  public Weights weights(Stored stored, Format format) {
    if (!format.equals(Format.F32)) {
      library = late.open();
    }
    return packer.pack(stored, Panel.of(format, library));
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma, Format format) {
    return weights(RandomNumbers.matrix(seed, rows, columns, sigma), format);
  }

  @Override
  public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
    float[] values = new float[rows * columns];
    dtype.read(data, values, values.length);
    return new CpuBuffer(values, rows, columns);
  }

  @Override
  public CpuBuffer buffer(int rows, int columns) {
    return CpuBuffer.of(rows, columns);
  }

  @Override
  public CpuBuffer operand(int rows, int columns) {
    return buffer(rows, columns); // they are rounded on the way
  }

  @Override
  public DType computesIn() {
    return bf16 ? DType.BF16 : DType.F32;
  }

  @Override
  public Lanes lanes(int capacity) {
    return new CpuLanes(capacity);
  }

  @Override
  public KvCache kvCache(Format format, int pages, int heads, int headWidth) {
    return new CpuKvCache(arena, largeMemory, format, pages, heads, headWidth);
  }

  @Override
  public void copyPage(KvCache cache, int from, int to) {
    CpuKvCache pages = CpuKvCache.of(cache);
    pages.page(to).copyFrom(pages.page(from));
  }

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    return new CpuSequences(count, positions, slots);
  }

  @Override
  public Sampled sampled(int rows) {
    return new CpuSampled(new int[rows]);
  }

  // Programs

  @Override
  public Routine prepare(Program program) {
    Step[] steps = program.ops().stream().map(this::step).toArray(Step[]::new);
    return lanes -> {
      CpuLanes table = CpuLanes.of(lanes);
      if (table.size() > 0) {
        for (Step step : steps) {
          step.run(table);
        }
      }
    };
  }

  private Step step(Op op) {
    return switch (op) {
      case Op.Embed embed -> Tokens.prepare(embed);
      case Op.InitialState start -> Tokens.prepare(start);
      case Op.Move move -> Tokens.prepare(move);
      case Op.Clear clear -> Tokens.prepare(clear);
      case Op.Norm norm -> Norms.prepare(workers, norm);
      case Op.NormPair pair -> Norms.prepare(workers, pair);
      case Op.Product product -> products.prepare(product);
      case Op.Attend attend -> Attention.prepare(workers, late, attend);
      case Op.Draw _, Op.LatentLook _, Op.GateLook _, Op.OutputLook _ ->
          throw Program.tellsTheHost(op);
    };
  }

  @Override
  public Reading<Samples> prepare(Op.Draw draw) {
    return Sampler.prepare(workers, draw);
  }

  @Override
  public Reading<LatentMeasures> prepare(Op.LatentLook look) {
    return Measures.prepare(workers, look);
  }

  @Override
  public Reading<GateMeasures> prepare(Op.GateLook look) {
    return Measures.prepare(workers, look);
  }

  @Override
  public Reading<OutputMeasures> prepare(Op.OutputLook look) {
    return Measures.prepare(workers, look);
  }

  @Override
  public void synchronize() {} // operations are done when a call returns

  @Override
  public Mark mark() {
    return new CpuMark(System.nanoTime());
  }

  private record CpuMark(long nanos) implements Mark {
    @Override
    public boolean passed() {
      return true;
    }

    @Override
    public double nanosSince(Mark earlier) {
      return nanos - ((CpuMark) earlier).nanos;
    }

    @Override
    public void close() {}
  }

  @Override
  public long cacheBytes() {
    return HostCache.bytes();
  }

  @Override
  public Ceilings ceilings(long readBytes) {
    long wanted = Math.max(READ_BYTES, 4 * cacheBytes()); // far more than caches hold
    long bytes = readBytes > 0 ? readBytes : Math.min(wanted, HostMemory.availableBytes() / 4);
    return new CpuCeilings(workers, bytes);
  }

  @Override
  public float[] read(Buffer buffer, int row) {
    CpuBuffer from = CpuBuffer.of(buffer);
    return Arrays.copyOfRange(from.data(), from.row(row), from.row(row + 1));
  }

  @Override
  public void close() {
    workers.close();
    arena.close();
  }
}
