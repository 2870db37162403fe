package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * Float32 keys and values as attention reads them: keys {@code [heads, D, PAGE]}, then values
 * {@code [heads, PAGE, pitch]}. They may be written in parts, as products come.
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

  /** Elements i to i + n of a key. */
  void putKey(MemorySegment page, int head, int position, int i, int n, float[] from, int at) {
    long to = keysAt(head) + 4L * (i * KvCache.PAGE + position % KvCache.PAGE);
    for (int j = 0; j < n; j++) {
      page.set(FLOAT, to + 4L * j * KvCache.PAGE, from[at + j]);
    }
  }

  /** Elements i to i + n of a value. */
  void putValue(MemorySegment page, int head, int position, int i, int n, float[] from, int at) {
    MemorySegment.copy(from, at, page, FLOAT, valueAt(head, position) + 4L * i, n);
  }

  @Override
  public void putKey(MemorySegment page, int head, int position, float[] from, int at) {
    putKey(page, head, position, 0, width, from, at);
  }

  @Override
  public void putValue(MemorySegment page, int head, int position, float[] from, int at) {
    putValue(page, head, position, 0, width, from, at);
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
