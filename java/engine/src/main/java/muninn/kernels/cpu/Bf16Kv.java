package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * bfloat16 keys {@code [heads, D, PAGE]}, then values {@code [heads, PAGE, pitch]}: half of what
 * float32 takes. What is kept is rounded to the nearest, of two as near to the even one.
 */
record Bf16Kv(int heads, int width) implements KvElements {
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_256; // PAGE of them
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PAGE = KvCache.PAGE;

  @Override
  public Format format() {
    return Format.BF16;
  }

  @Override
  public long pageBytes() {
    return storedValuesAt(heads);
  }

  long storedKeysAt(int head) {
    return (long) Short.BYTES * head * width * PAGE;
  }

  long storedValuesAt(int head) {
    return storedKeysAt(heads) + (long) Short.BYTES * head * PAGE * KvElements.pitch(width);
  }

  @Override
  public void putKey(MemorySegment page, int head, int position, float[] from, int at) {
    long to = storedKeysAt(head) + 2L * (position % PAGE);
    for (int i = 0; i < width; i++) {
      page.set(SHORT, to + 2L * i * PAGE, DType.bf16(from[at + i]));
    }
  }

  @Override
  public void putValue(MemorySegment page, int head, int position, float[] from, int at) {
    long to = storedValuesAt(head) + 2L * (position % PAGE) * KvElements.pitch(width);
    for (int i = 0; i < width; i++) {
      page.set(SHORT, to + 2L * i, DType.bf16(from[at + i]));
    }
  }

  @Override
  public MemorySegment keys(MemorySegment page, int head, MemorySegment room) {
    widen(page, storedKeysAt(head), room, width * PAGE);
    return room;
  }

  @Override
  public long keysAt(int head) {
    return 0;
  }

  @Override
  public MemorySegment values(MemorySegment page, int head, MemorySegment room) {
    widen(page, storedValuesAt(head), room, PAGE * KvElements.pitch(width));
    return room;
  }

  @Override
  public long valuesAt(int head) {
    return 0;
  }

  /** So many elements, a multiple of 16. */
  private static void widen(MemorySegment page, long from, MemorySegment room, int count) {
    for (int i = 0; i < count; i += PAGE) {
      ShortVector stored =
          ShortVector.fromMemorySegment(SHORTS, page, from + 2L * i, ByteOrder.LITTLE_ENDIAN);
      for (int part = 0; part < PAGE / WIDTH; part++) {
        IntVector words =
            (IntVector) stored.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, part);
        words
            .lanewise(VectorOperators.LSHL, 16)
            .reinterpretAsFloats()
            .intoMemorySegment(room, 4L * (i + part * WIDTH), ByteOrder.nativeOrder());
      }
    }
  }

  @Override
  public void readKeys(MemorySegment page, int head, float[] to) {
    read(page, storedKeysAt(head), to);
  }

  @Override
  public void readValues(MemorySegment page, int head, float[] to) {
    read(page, storedValuesAt(head), to);
  }

  private static void read(MemorySegment page, long from, float[] to) {
    short[] stored = new short[to.length];
    MemorySegment.copy(page, SHORT, from, stored, 0, stored.length);
    for (int i = 0; i < stored.length; i++) {
      to[i] = Float.intBitsToFloat(stored[i] << 16);
    }
  }
}
