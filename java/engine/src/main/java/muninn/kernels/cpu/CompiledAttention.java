package muninn.kernels.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import muninn.kernels.KvCache;

/** The same as {@link VectorAttention} by {@link CpuLibrary}. */
final class CompiledAttention implements Attention.Pass {
  /** What is called, {@code muninnCpuAttend}. */
  static final FunctionDescriptor FUNCTION =
      FunctionDescriptor.ofVoid(
          JAVA_INT,
          JAVA_INT,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_FLOAT,
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_LONG,
          JAVA_LONG,
          ADDRESS,
          ADDRESS,
          JAVA_LONG,
          JAVA_LONG,
          ADDRESS,
          JAVA_INT,
          ADDRESS,
          JAVA_LONG);

  // As the library numbers what pages hold.
  private static final int FLOATS = 0;
  private static final int HALVES = 1;

  private final MethodHandle attend;
  private final int instructions;
  private final KvElements elements;
  private final Context context;
  private final MemorySegment pages; // their addresses, by run
  private final MemorySegment ends; // by run
  private final int room; // from a query's scores to the next one's
  private final MemorySegment scores;

  CompiledAttention(MethodHandle attend, int instructions, KvElements elements, Context context) {
    this.attend = attend;
    this.instructions = instructions;
    this.elements = elements;
    this.context = context;
    pages = MemorySegment.ofArray(context.addresses());
    ends = MemorySegment.ofArray(context.ends());
    room = (context.runs() + 1) * KvCache.PAGE;
    scores = MemorySegment.ofArray(new float[CpuLibrary.TOGETHER * room]);
  }

  @Override
  public void attend(int head, Attention.Queries queries, float[] q, float[] out) {
    int kind = FLOATS;
    long keysAt = elements.keysAt(head);
    long valuesAt = elements.valuesAt(head);
    if (elements instanceof Bf16Kv stored) {
      kind = HALVES;
      keysAt = stored.storedKeysAt(head);
      valuesAt = stored.storedValuesAt(head);
    }
    int width = elements.width();
    try {
      attend.invokeExact(
          instructions,
          kind,
          (long) width,
          (long) KvElements.pitch(width),
          (float) (1 / Math.sqrt(width)),
          pages,
          ends,
          context.runs(queries.seen[queries.count - 1]),
          keysAt,
          valuesAt,
          MemorySegment.ofArray(q),
          MemorySegment.ofArray(out),
          (long) queries.first,
          (long) queries.step,
          MemorySegment.ofArray(queries.seen),
          queries.count,
          scores,
          (long) room);
    } catch (Throwable e) {
      throw CompiledCode.failed(e);
    }
  }
}
