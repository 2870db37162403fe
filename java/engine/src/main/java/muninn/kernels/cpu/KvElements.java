package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * How a page holds keys and values: one implementation a format. Attention reads float32, a head's
 * part of a page at a time; what is stored as something else is decoded into a thread's own room,
 * which the first-level cache holds, so that memory is read once, in the stored format, for all
 * that share a head. Keys are transposed, so that a vector scores many positions; a value's
 * elements lie side by side.
 */
sealed interface KvElements permits FloatKv, Bf16Kv, ByteKv {
  /** Of pages, in bytes. */
  int ALIGNMENT = 64;

  /** Pages whose values are summed together: as many as make reading and writing sums cheap. */
  int TOGETHER = 8;

  /** A thread's own room to decode a head's part of so many pages, keys or values. */
  record Room(List<MemorySegment> pages) {
    static Room of(Arena arena, int width) {
      long bytes = (long) Float.BYTES * KvCache.PAGE * pitch(width);
      return new Room(
          Stream.generate(() -> arena.allocate(bytes, ALIGNMENT)).limit(TOGETHER).toList());
    }

    MemorySegment page(int i) {
      return pages.get(i);
    }
  }

  /**
   * @param heads K
   * @param width D
   * @throws UserException where the CPU does not keep keys and values in it
   */
  static KvElements of(Format format, int heads, int width) {
    return switch (format) {
      case Format.Plain(DType type) when type == DType.F32 -> new FloatKv(heads, width);
      case Format.Plain(DType type) when type == DType.BF16 -> new Bf16Kv(heads, width);
      case Format.Plain _, Format.Coded _ ->
          throw UserException.of(
              "the CPU does not keep keys and values in %s: choose %s, %s, %s or %s",
              format, Format.F32, Format.BF16, KvCache.FP8, KvCache.INT8);
      case Format.Scaled(var code) -> new ByteKv(code, heads, width);
    };
  }

  Format format();

  /** D. */
  int width();

  /** What a page takes. */
  long pageBytes();

  /** Keeps the key of a position's head, D elements of an array. */
  void putKey(MemorySegment page, int head, int position, float[] from, int at);

  /** Keeps a value. */
  void putValue(MemorySegment page, int head, int position, float[] from, int at);

  /**
   * Where the keys of a head are as {@code [D, PAGE]}, from byte {@link #keysAt} on: the page
   * itself, or the room after this.
   */
  MemorySegment keys(MemorySegment page, int head, MemorySegment room);

  /** In bytes, in what {@link #keys} answers. */
  long keysAt(int head);

  /**
   * Where the values of a head are as {@code [PAGE, pitch]}, from byte {@link #valuesAt} on: the
   * page itself, or the room after this.
   */
  MemorySegment values(MemorySegment page, int head, MemorySegment room);

  /** In bytes, in what {@link #values} answers. */
  long valuesAt(int head);

  /** The keys of a head for {@link Plain} loops, {@code [D, PAGE]}. */
  void readKeys(MemorySegment page, int head, float[] to);

  /** The values of a head for {@link Plain} loops, {@code [PAGE, pitch]}. */
  void readValues(MemorySegment page, int head, float[] to);

  /** Elements from a value to the next where attention reads them: whole pairs of vectors. */
  static int pitch(int width) {
    return Math.ceilDiv(width, Linear.PANEL) * Linear.PANEL;
  }
}
