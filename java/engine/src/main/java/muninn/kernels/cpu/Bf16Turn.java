package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.PANEL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import muninn.kernels.DType;

/**
 * Turns all rows of a {@link Bf16Panel}, stored as bfloat16, into the panel: tile by tile through
 * words of four elements, which is twice as fast as element by element, and at once, where vector
 * instructions have to be warmed.
 */
final class Bf16Turn {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int HALF = PANEL / 2;

  private static final int TILE = PackingRoom.TILE;

  // Words of four that a tile takes in a row.
  private static final int LONGS = TILE / 4;

  private static final long EVEN = 0x0000_FFFF_0000_FFFFL;
  private static final long ODD = ~EVEN;
  private static final long LOWER = 0xFFFF_FFFFL;

  private Bf16Turn() {}

  /** Tile by tile, and what is left of the columns one by one. */
  static void pack(Panel.Rows all, MemorySegment panel, PackingRoom room) {
    long step = (long) PANEL * Short.BYTES; // from a column to the next
    long[] rows = new long[PANEL * LONGS];
    long[] turned = new long[TILE * HALF / 2];
    int columns = all.columns();
    int whole = columns / TILE * TILE;
    boolean words = columns % 4 == 0; // so that rows begin with one
    long[] stored = words ? room.words(PANEL * columns / 4) : null;
    if (words) {
      MemorySegment.copy(all.data(), LONG, 0, stored, 0, PANEL * columns / 4);
    }
    for (int c = 0; c < whole; c += TILE) {
      for (int r = 0; r < PANEL; r++) {
        if (words) {
          System.arraycopy(stored, (r * columns + c) / 4, rows, r * LONGS, LONGS);
        } else {
          long from = ((long) r * columns + c) * Short.BYTES;
          MemorySegment.copy(all.data(), LONG, from, rows, r * LONGS, LONGS);
        }
      }
      turn(rows, turned);
      MemorySegment.copy(turned, 0, panel, LONG, c * step, turned.length);
    }
    for (int c = whole; c < columns; c++) {
      for (int r = 0; r < HALF; r++) {
        int lower = DType.bits(all.data(), (long) r * columns + c) & 0xFFFF;
        int upper = DType.bits(all.data(), (long) (r + HALF) * columns + c) << 16;
        panel.set(INT, c * step + 4L * r, lower | upper);
      }
    }
  }

  /**
   * Turns a tile: of rows r, r + 1 and those half a panel below, four columns at a time, as 4 × 4
   * elements of 16 bits in four words.
   *
   * @param rows {@code [PANEL, TILE]}
   * @param turned {@code [TILE, PANEL]}, in words of the panel
   */
  private static void turn(long[] rows, long[] turned) {
    for (int c = 0; c < LONGS; c++) {
      for (int r = 0; r < HALF; r += 2) {
        long a = rows[r * LONGS + c];
        long b = rows[(r + HALF) * LONGS + c];
        long x = rows[(r + 1) * LONGS + c];
        long y = rows[(r + 1 + HALF) * LONGS + c];
        long evenAb = a & EVEN | b << 16 & ODD;
        long oddAb = a >>> 16 & EVEN | b & ODD;
        long evenXy = x & EVEN | y << 16 & ODD;
        long oddXy = x >>> 16 & EVEN | y & ODD;
        int at = 4 * c * (HALF / 2) + r / 2;
        turned[at] = evenAb & LOWER | evenXy << 32;
        turned[at + HALF / 2] = oddAb & LOWER | oddXy << 32;
        turned[at + HALF] = evenAb >>> 32 | evenXy & ~LOWER;
        turned[at + HALF + HALF / 2] = oddAb >>> 32 | oddXy & ~LOWER;
      }
    }
  }
}
