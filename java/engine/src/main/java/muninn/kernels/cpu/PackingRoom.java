package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.PANEL;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A thread's own room for laying a matrix out, which the second-level cache holds: a panel's rows
 * as they are read from a file, and arrays for what is made of them. Loops over arrays are fast
 * from their first pass on, over memory segments not before C2 has compiled them; and a model is
 * loaded once.
 */
final class PackingRoom {
  /** Columns that are turned at a time. */
  static final int TILE = 64;

  final MemorySegment data;
  final float[] tile = new float[TILE * PANEL];
  final byte[] tileBytes = new byte[TILE * PANEL];
  private float[] floats = new float[0];
  private long[] words = new long[0];
  private byte[] bytes = new byte[0];

  /**
   * @param bytes of a panel's rows as they are stored
   */
  PackingRoom(long bytes) {
    data = Arena.ofAuto().allocate(bytes, Long.BYTES);
  }

  /** Room for so many. */
  float[] floats(int count) {
    floats = floats.length < count ? new float[count] : floats;
    return floats;
  }

  /** Room for so many. */
  byte[] bytes(int count) {
    bytes = bytes.length >= count ? bytes : new byte[count];
    return bytes;
  }

  /** Room for so many. */
  long[] words(int count) {
    words = words.length < count ? new long[count] : words;
    return words;
  }
}
