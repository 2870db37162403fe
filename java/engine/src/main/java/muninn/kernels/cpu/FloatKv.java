package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * Float32 keys and values as attention reads them: keys {@code [heads, D, PAGE]}, then values
 * {@code [heads, PAGE, pitch]}. They may be written pair by pair, as products come.
 */
record FloatKv(int heads, int width) implements KvElements {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  @Override
  public Format format() {
    return Format.F32;
  }

  @Override
  public long pageBytes() {
    return valuesAt(heads);
  }

  /** Two neighbouring elements of a key. */
  void putKey(MemorySegment page, int head, int position, int i, float first, float second) {
    long at = keysAt(head) + 4L * (i * KvCache.PAGE + position % KvCache.PAGE);
    page.set(FLOAT, at, first);
    page.set(FLOAT, at + 4L * KvCache.PAGE, second);
  }

  /** Two neighbouring elements of a value. */
  void putValue(MemorySegment page, int head, int position, int i, float first, float second) {
    long at = valueAt(head, position) + 4L * i;
    page.set(FLOAT, at, first);
    page.set(FLOAT, at + Float.BYTES, second);
  }

  @Override
  public void putKey(MemorySegment page, int head, int position, float[] from, int at) {
    for (int i = 0; i < width; i += 2) {
      putKey(page, head, position, i, from[at + i], from[at + i + 1]);
    }
  }

  @Override
  public void putValue(MemorySegment page, int head, int position, float[] from, int at) {
    MemorySegment.copy(from, at, page, FLOAT, valueAt(head, position), width);
  }

  private long valueAt(int head, int position) {
    return valuesAt(head)
        + (long) Float.BYTES * (position % KvCache.PAGE) * KvElements.pitch(width);
  }

  @Override
  public MemorySegment keys(MemorySegment page, int head, MemorySegment room) {
    return page;
  }

  @Override
  public long keysAt(int head) {
    return (long) Float.BYTES * head * width * KvCache.PAGE;
  }

  @Override
  public MemorySegment values(MemorySegment page, int head, MemorySegment room) {
    return page;
  }

  @Override
  public long valuesAt(int head) {
    return keysAt(heads) + (long) Float.BYTES * head * KvCache.PAGE * KvElements.pitch(width);
  }

  @Override
  public void readKeys(MemorySegment page, int head, float[] to) {
    MemorySegment.copy(page, FLOAT, keysAt(head), to, 0, to.length);
  }

  @Override
  public void readValues(MemorySegment page, int head, float[] to) {
    MemorySegment.copy(page, FLOAT, valuesAt(head), to, 0, to.length);
  }
}
