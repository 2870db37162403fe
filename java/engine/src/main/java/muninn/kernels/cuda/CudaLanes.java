package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import muninn.cuda.Context;
import muninn.kernels.Lanes;

/**
 * A lane table in device memory, brought there ahead of the next operation that uses it. Launches
 * are sized for a bucket of lanes, tiles and positions, so that one recording serves many ticks;
 * how many there really are, kernels read from the table.
 *
 * <p>A tile is a run of at most {@link #TILE} lanes that share the keys they read: neighbours in
 * the table, of one sequence and KV group, at consecutive positions.
 */
final class CudaLanes implements Lanes, Argument {
  /** The columns of the tensor cores' smallest product. */
  static final int TILE = 8;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("table"),
              JAVA_INT.withName("capacity"),
              MemoryLayout.paddingLayout(4))
          .withName("Lanes");
  static final int HEADER = 4;
  static final int COLUMNS = 9;

  /** Positions of a split, into which attention cuts a context. */
  static final int SPLIT = 128;

  /** Splits of a run, which a block takes where there are many lanes. */
  static final int LONG = 4;

  private static final int ROW = 0;
  private static final int SEQUENCE = 1;
  private static final int POSITION = 2;
  private static final int GROUP = 3;
  private static final int TOKEN = 4;
  private static final int SPLITS_BEFORE = 5;
  private static final int RUNS_BEFORE = 6;
  private static final int ROWS_BEFORE = 7;
  private static final int TILE_BEGIN = 8;

  /** Stands for the table that a launch will name. */
  static final Argument NONE =
      new Argument() {
        @Override
        public MemoryLayout layout() {
          return LAYOUT;
        }

        @Override
        public void write(MemorySegment at) {}
      };

  private final InTurn table; // [4 + 9 · capacity + 1] ints, see tables.cuh
  private final int capacity;
  private final int[] values;
  private int size;
  private int tiles;
  private int splits; // of all tiles
  private int runs;
  private int rows;
  private boolean changed = true;

  /**
   * How large launches for a table are; a key of what was recorded.
   *
   * @param splits of all tiles' contexts
   * @param runs of up to {@link #LONG} splits of one tile
   * @param rows splits counted once for each lane: results of attention until they are merged
   */
  record Grid(int lanes, int tiles, int splits, int runs, int rows) {}

  CudaLanes(Context context, InTurn.Streams streams, int capacity) {
    this.capacity = capacity;
    values = new int[ints(capacity)];
    table = new InTurn(context, streams, 4L * values.length);
  }

  private static int ints(int capacity) {
    return HEADER + COLUMNS * capacity + 1;
  }

  /** What a table of so many lanes takes of the device's memory. */
  static long deviceBytes(int capacity) {
    return InTurn.deviceBytes((long) Integer.BYTES * ints(capacity));
  }

  /**
   * The most rows of a {@link Grid}, and tiles beside them, that so many lanes may have.
   *
   * @param positions most that a lane looks back on
   */
  static Grid largest(int lanes, int positions) {
    int rows = powerOfTwo(lanes * ((positions - 1) / SPLIT + 1));
    return new Grid(lanes, lanes, rows, rows, rows);
  }

  static CudaLanes of(Lanes lanes) {
    return (CudaLanes) lanes;
  }

  @Override
  public void clear() {
    size = 0;
    tiles = 0;
    changed = true;
  }

  @Override
  public void add(int row, int sequence, int position, int group, int token) {
    int m = size++;
    if (m == 0
        || m - get(TILE_BEGIN, tiles - 1) == TILE
        || !follows(m, sequence, position, group)) {
      set(TILE_BEGIN, tiles++, m);
    }
    set(ROW, m, row);
    set(SEQUENCE, m, sequence);
    set(POSITION, m, position);
    set(GROUP, m, group);
    set(TOKEN, m, token);
    set(TILE_BEGIN, tiles, size);
    changed = true;
  }

  /** Counts what attention will have to do, tile by tile. */
  private void count() {
    splits = runs = rows = 0;
    for (int t = 0; t < tiles; t++) {
      int first = get(TILE_BEGIN, t);
      int end = get(TILE_BEGIN, t + 1);
      int own = get(POSITION, end - 1) / SPLIT + 1;
      set(SPLITS_BEFORE, t, splits);
      set(RUNS_BEFORE, t, runs);
      set(ROWS_BEFORE, t, rows);
      splits += own;
      runs += Math.ceilDiv(own, LONG);
      rows += own * (end - first);
    }
  }

  private boolean follows(int m, int sequence, int position, int group) {
    return get(SEQUENCE, m - 1) == sequence
        && get(POSITION, m - 1) == position - 1
        && get(GROUP, m - 1) == group;
  }

  private int get(int column, int i) {
    return values[HEADER + column * capacity + i];
  }

  private void set(int column, int i, int value) {
    values[HEADER + column * capacity + i] = value;
  }

  @Override
  public int size() {
    return size;
  }

  /** The sequence of the lane at a place. */
  int sequence(int m) {
    return get(SEQUENCE, m);
  }

  /** Brings what was added since to the device. */
  void upload() {
    if (!changed) {
      return;
    }
    changed = false;
    values[0] = size;
    values[1] = tiles;
    count();
    values[2] = splits;
    values[3] = runs;
    table.write(
        table.bytes(), host -> MemorySegment.copy(values, 0, host, JAVA_INT, 0, values.length));
  }

  /** Which of its two places the table is in. */
  int turn() {
    return table.turn();
  }

  /** The sizes that launches take, never smaller than what is in the table. */
  Grid grid() {
    if (changed) {
      count();
    }
    return new Grid(
        Math.min(capacity, lanesBucket(size)),
        Math.min(capacity, powerOfTwo(tiles)),
        powerOfTwo(splits),
        powerOfTwo(runs),
        powerOfTwo(rows));
  }

  /**
   * Powers of two up to 64, where a product's time does not depend on it; then steps of 64, 256.
   */
  private static int lanesBucket(int lanes) {
    if (lanes <= 64) {
      return powerOfTwo(lanes);
    }
    int step = lanes <= 512 ? 64 : 256;
    return Math.ceilDiv(lanes, step) * step;
  }

  /** The next one from n on, n ≥ 1. */
  private static int powerOfTwo(int n) {
    return n <= 1 ? 1 : Integer.highestOneBit(n - 1) << 1;
  }

  @Override
  public MemoryLayout layout() {
    return LAYOUT;
  }

  @Override
  public void write(MemorySegment at) {
    at.set(JAVA_LONG, 0, table.there().address());
    at.set(JAVA_INT, 8, capacity);
  }
}
