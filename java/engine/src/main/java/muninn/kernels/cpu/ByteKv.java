package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;
import static muninn.kernels.cpu.Linear.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import muninn.kernels.ByteCode;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * Keys and values of a byte an element, and a float32 scale for each head of a position: keys
 * {@code [heads, D, PAGE]}, values {@code [heads, PAGE, pitch]}, then the scales of keys and those
 * of values, {@code [heads, PAGE]}. About a quarter of what float32 takes.
 */
record ByteKv(ByteCode code, int heads, int width) implements KvElements {
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128; // PAGE of them
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PAGE = KvCache.PAGE;
  private static final int E4M3 = 0x87F0_0000; // sign, exponent and mantissa where float32 has them

  @Override
  public Format format() {
    return new Format.Scaled(code);
  }

  @Override
  public long pageBytes() {
    return scalesAt(2 * heads);
  }

  private long storedKeysAt(int head) {
    return (long) head * width * PAGE;
  }

  private long storedValuesAt(int head) {
    return storedKeysAt(heads) + (long) head * PAGE * pitch();
  }

  /** Of a head's keys; those of its values are {@code heads} further. */
  private long scalesAt(int head) {
    return storedValuesAt(heads) + (long) Float.BYTES * head * PAGE;
  }

  /** From a value to the next. */
  private int pitch() {
    return Math.ceilDiv(width, PAGE) * PAGE;
  }

  @Override
  public void putKey(MemorySegment page, int head, int position, float[] from, int at) {
    byte[] codes = new byte[width];
    float scale = code.encode(from, at, width, codes);
    int p = position % PAGE;
    page.set(FLOAT, scalesAt(head) + 4L * p, scale);
    long to = storedKeysAt(head) + p;
    for (int i = 0; i < width; i++, to += PAGE) {
      page.set(ValueLayout.JAVA_BYTE, to, codes[i]);
    }
  }

  @Override
  public void putValue(MemorySegment page, int head, int position, float[] from, int at) {
    byte[] codes = new byte[width];
    float scale = code.encode(from, at, width, codes);
    int p = position % PAGE;
    page.set(FLOAT, scalesAt(heads + head) + 4L * p, scale);
    long to = storedValuesAt(head) + (long) p * pitch();
    MemorySegment.copy(codes, 0, page, ValueLayout.JAVA_BYTE, to, width);
  }

  @Override
  public MemorySegment keys(MemorySegment page, int head, MemorySegment room) {
    for (int part = 0; part < PAGE / WIDTH; part++) {
      FloatVector scales =
          FloatVector.fromMemorySegment(
              FLOATS, page, scalesAt(head) + 4L * part * WIDTH, ByteOrder.LITTLE_ENDIAN);
      if (code == ByteCode.INT8) {
        int8Keys(page, storedKeysAt(head), part, scales, room);
      } else {
        e4m3Keys(page, storedKeysAt(head), part, scales, room);
      }
    }
    return room;
  }

  private void int8Keys(
      MemorySegment page, long from, int part, FloatVector scales, MemorySegment room) {
    for (int i = 0; i < width * PAGE; i += PAGE) {
      store(int8(load(page, from + i), part).mul(scales), room, i + part * WIDTH);
    }
  }

  private void e4m3Keys(
      MemorySegment page, long from, int part, FloatVector scales, MemorySegment room) {
    for (int i = 0; i < width * PAGE; i += PAGE) {
      store(e4m3(load(page, from + i), part).mul(scales), room, i + part * WIDTH);
    }
  }

  @Override
  public long keysAt(int head) {
    return 0;
  }

  @Override
  public MemorySegment values(MemorySegment page, int head, MemorySegment room) {
    long from = storedValuesAt(head);
    int to = 0;
    for (int p = 0; p < PAGE; p++, from += pitch(), to += KvElements.pitch(width)) {
      float scale = page.get(FLOAT, scalesAt(heads + head) + 4L * p);
      if (code == ByteCode.INT8) {
        int8Value(page, from, scale, room, to);
      } else {
        e4m3Value(page, from, scale, room, to);
      }
    }
    return room;
  }

  private void int8Value(MemorySegment page, long from, float scale, MemorySegment room, int to) {
    for (int i = 0; i < width; i += PAGE) {
      ByteVector codes = load(page, from + i);
      for (int part = 0; part < PAGE / WIDTH; part++) {
        store(int8(codes, part).mul(scale), room, to + i + part * WIDTH);
      }
    }
  }

  private void e4m3Value(MemorySegment page, long from, float scale, MemorySegment room, int to) {
    for (int i = 0; i < width; i += PAGE) {
      ByteVector codes = load(page, from + i);
      for (int part = 0; part < PAGE / WIDTH; part++) {
        store(e4m3(codes, part).mul(scale), room, to + i + part * WIDTH);
      }
    }
  }

  @Override
  public long valuesAt(int head) {
    return 0;
  }

  private static ByteVector load(MemorySegment page, long at) {
    return ByteVector.fromMemorySegment(BYTES, page, at, ByteOrder.LITTLE_ENDIAN);
  }

  private static void store(FloatVector vector, MemorySegment room, int element) {
    vector.intoMemorySegment(room, 4L * element, ByteOrder.nativeOrder());
  }

  private static FloatVector int8(ByteVector codes, int part) {
    return (FloatVector) codes.convertShape(VectorOperators.B2F, FLOATS, part);
  }

  /** As {@link ByteCode#decode}. */
  private static FloatVector e4m3(ByteVector codes, int part) {
    IntVector words = (IntVector) codes.convertShape(VectorOperators.B2I, INTS, part);
    return words
        .lanewise(VectorOperators.LSHL, 20)
        .lanewise(VectorOperators.AND, E4M3)
        .reinterpretAsFloats()
        .mul(0x1p120f);
  }

  @Override
  public void readKeys(MemorySegment page, int head, float[] to) {
    for (int i = 0; i < to.length; i++) {
      float scale = page.get(FLOAT, scalesAt(head) + 4L * (i % PAGE));
      to[i] = code.decode(page.get(ValueLayout.JAVA_BYTE, storedKeysAt(head) + i)) * scale;
    }
  }

  @Override
  public void readValues(MemorySegment page, int head, float[] to) {
    for (int p = 0; p < PAGE; p++) {
      float scale = page.get(FLOAT, scalesAt(heads + head) + 4L * p);
      long from = storedValuesAt(head) + (long) p * pitch();
      for (int i = 0; i < width; i++) {
        float number = code.decode(page.get(ValueLayout.JAVA_BYTE, from + i));
        to[p * KvElements.pitch(width) + i] = number * scale;
      }
    }
  }
}
