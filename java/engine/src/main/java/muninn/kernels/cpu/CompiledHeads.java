package muninn.kernels.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import muninn.kernels.KvCache;
import muninn.kernels.Op;

/** What {@link Heads} does with a lane's products after their norms, by {@link CpuLibrary}. */
final class CompiledHeads {
  /** What is called, {@code muninnCpuKeep}. */
  static final FunctionDescriptor FUNCTION =
      FunctionDescriptor.ofVoid(
          JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS,
          JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);

  private final MethodHandle keep;
  private final int instructions;
  private final MemorySegment bias; // of q, then of k; NULL for none
  private final MemorySegment rope;
  private final CpuBuffer q;
  private final Bf16Kv kept;

  CompiledHeads(MethodHandle keep, int instructions, Op.Epilogue.Heads op, Bf16Kv kept) {
    this.keep = keep;
    this.instructions = instructions;
    this.kept = kept;
    bias =
        op.bias() == null
            ? MemorySegment.NULL
            : MemorySegment.ofArray(CpuBuffer.of(op.bias()).data());
    rope = MemorySegment.ofArray(CpuBuffer.of(op.rope()).data());
    q = CpuBuffer.of(op.q());
  }

  /**
   * @param m the lane's place
   * @param products where its products are from {@code at} on
   */
  void store(int m, int position, MemorySegment page, float[] products, int at) {
    int width = kept.width();
    try {
      keep.invokeExact(
          instructions,
          (long) width,
          (long) q.columns(),
          (long) kept.heads() * width,
          MemorySegment.ofArray(products),
          (long) at,
          bias,
          rope,
          (long) position * width,
          MemorySegment.ofArray(q.data()),
          (long) q.row(m),
          page,
          kept.storedKeysAt(0),
          kept.storedValuesAt(0),
          (long) KvElements.pitch(width),
          position % KvCache.PAGE);
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }
}
