package muninn.kernels.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.kernels.Format;
import muninn.kernels.Op;

/**
 * What the CPU device has compiled for it: products of codes, which Java's loops decode more
 * slowly, and of bfloat16 operands by an instruction that Java does not reach, and attention
 * ({@code native/cpu/products.cpp}). It is there where it was built and the CPU has the
 * instructions; Java's own loops give the same to the bit.
 */
final class CpuLibrary {
  /** In the order of preference, which is the library's own. */
  enum Instructions {
    /** Of operands in bfloat16, in words of two columns; the others' are float32. */
    AVX512_BF16("AVX-512 BF16"),
    /** With look-ups in registers. */
    AVX512_VBMI("AVX-512 VBMI"),
    AVX512("AVX-512"),
    AVX2("AVX2"),
    NEON("NEON");

    private final String label;

    Instructions(String label) {
      this.label = label;
    }

    boolean takesWords() {
      return this == AVX512_BF16;
    }

    @Override
    public String toString() {
      return label;
    }
  }

  /** Queries that pass over keys and values together. */
  static final int TOGETHER = 12;

  private final MethodHandle multiply;
  private final MethodHandle attend;
  private final MethodHandle keep;
  private final Instructions instructions;
  private final Optional<CompiledWords> words;

  private CpuLibrary(
      MethodHandle multiply,
      MethodHandle attend,
      MethodHandle keep,
      Instructions instructions,
      Optional<CompiledWords> words) {
    this.multiply = multiply;
    this.attend = attend;
    this.keep = keep;
    this.words = words;
    this.instructions = instructions;
  }

  /**
   * Opens it for the best instructions that this CPU has.
   *
   * @param folder where it would be
   * @param bf16 whether operands are rounded to bfloat16
   * @throws UserException where it lacks what is called
   */
  static Optional<CpuLibrary> open(Path folder, boolean bf16) {
    return open(
        folder,
        Stream.of(Instructions.values())
            .filter(some -> bf16 || !some.takesWords())
            .toArray(Instructions[]::new));
  }

  /** Opens it for the first of some instructions that this CPU has. */
  static Optional<CpuLibrary> open(Path folder, Instructions... instructions) {
    return CompiledCode.open(folder).flatMap(code -> open(code, instructions));
  }

  private static Optional<CpuLibrary> open(CompiledCode code, Instructions... instructions) {
    MethodHandle has =
        code.function("muninnCpuHas", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    for (Instructions some : instructions) {
      if (has(has, some)) {
        MethodHandle multiply =
            code.function(
                "muninnCpuProducts",
                FunctionDescriptor.ofVoid(
                    JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG,
                    JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG,
                    JAVA_LONG),
                Linker.Option.critical(true)); // operands and results are on the heap; it is short
        MethodHandle attend =
            code.function(
                "muninnCpuAttend", CompiledAttention.FUNCTION, Linker.Option.critical(true));
        MethodHandle keep =
            code.function("muninnCpuKeep", CompiledHeads.FUNCTION, Linker.Option.critical(true));
        Optional<CompiledWords> words =
            some.takesWords() ? Optional.of(new CompiledWords(code)) : Optional.empty();
        return Optional.of(new CpuLibrary(multiply, attend, keep, some, words));
      }
    }
    return Optional.empty();
  }

  private static boolean has(MethodHandle has, Instructions some) {
    try {
      return (int) has.invokeExact(some.ordinal(), Linear.WIDTH) != 0;
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }

  Instructions instructions() {
    return instructions;
  }

  /** What makes words of operands, where it takes these. */
  Optional<CompiledWords> words() {
    return words;
  }

  /**
   * Products of panels that lie one behind the other, with some lanes.
   *
   * @param format of the panels, as {@link Bf16PairPanel}, {@link Bf16Panel} or {@link CodedPanel}
   *     lays them out
   * @param panelBytes from one to the next
   * @param x their operands, float32 or words, {@code step} from a lane to the next
   * @param rows of the panels, from the first one's first on
   */
  void multiply(
      Format format,
      MemorySegment panels,
      long panelBytes,
      int columns,
      MemorySegment x,
      int step,
      int lanes,
      int rows,
      Out out) {
    int encoding = 0; // as the library numbers them
    int scaleBytes = 0;
    int group = columns;
    if (format instanceof Format.Coded coded) {
      encoding = 1 + coded.encoding().ordinal();
      scaleBytes = coded.scaleBytes();
      group = coded.group(columns);
    }
    try {
      multiply.invokeExact(
          instructions.ordinal(),
          Linear.WIDTH,
          encoding,
          scaleBytes,
          panels,
          panelBytes,
          (long) columns,
          (long) group,
          x,
          (long) step,
          lanes,
          (long) rows,
          out.table,
          out.residual,
          (long) out.first,
          (long) out.step);
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }

  /**
   * Where products go, {@code [lanes, rows]}.
   *
   * @param residual what is added to them, at the same places; {@link MemorySegment#NULL} for
   *     nothing
   * @param first where the first lane's are
   * @param step from there to the next lane's
   */
  record Out(MemorySegment table, MemorySegment residual, int first, int step) {
    /** Consecutive rows of a table, from some row and column on. */
    static Out of(CpuBuffer table, Optional<CpuBuffer> residual, int row, int column) {
      return new Out(
          MemorySegment.ofArray(table.data()),
          residual.map(some -> MemorySegment.ofArray(some.data())).orElse(MemorySegment.NULL),
          table.row(row) + column,
          table.columns());
    }
  }

  /** Whether it reads keys and values that are kept so. */
  static boolean attendsTo(KvElements elements) {
    return elements instanceof FloatKv || elements instanceof Bf16Kv;
  }

  /** Attention to a context, for one thread. */
  Attention.Pass attention(KvElements elements, Context context) {
    return new CompiledAttention(attend, instructions.ordinal(), elements, context);
  }

  /** What takes lanes into attention whose keys and values are kept in bfloat16. */
  CompiledHeads heads(Op.Epilogue.Heads op, Bf16Kv kept) {
    return new CompiledHeads(keep, instructions.ordinal(), op, kept);
  }
}
