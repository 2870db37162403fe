package muninn.kernels.cuda;

import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Stored;

/**
 * Takes weights from files to device memory, through pinned memory that several threads fill while
 * what they filled before crosses the bus. Elements of another type than wanted cross it as they
 * are and are converted on the device. The memory for that, 128 MiB for a large model, is given
 * back when loading is over.
 */
final class Uploads {
  private static final long PLACE_BYTES = 32L << 20;
  private static final int PLACES = 3;
  // What one thread reads at a time: enough that starting it does not matter.
  private static final long READ_BYTES = 1L << 20;

  private final Context context;
  private final Stream stream;
  private final Staging staging;
  private final Tokens tokens;
  private DeviceMemory scratch; // rows in the stored type

  Uploads(Context context, Stream stream, Tokens tokens) {
    this.context = context;
    this.stream = stream;
    this.tokens = tokens;
    staging = new Staging(context, stream, PLACES);
  }

  /** New device memory that holds a matrix, row-major, in a format. */
  DeviceMemory upload(Stored stored, Format to) {
    int columns = stored.columns();
    long rowBytes = to.rowBytes(columns);
    DeviceMemory memory = context.allocate(Math.max(1, stored.rows() * rowBytes));
    long start = 0; // in rows
    for (Stored.Piece piece : stored.towards(to).pieces()) {
      int most = rows(PLACE_BYTES, piece, columns);
      for (int row = 0; row < piece.rows(); row += most) {
        int count = Math.min(most, piece.rows() - row);
        upload(piece, row, count, columns, to, memory, start);
        start += count;
      }
    }
    return memory;
  }

  /** Waits for what was uploaded, and gives the memory back that it took until the next upload. */
  void release() {
    staging.release();
    releaseScratch();
  }

  private void releaseScratch() {
    if (scratch != null) {
      stream.synchronize();
      scratch.close();
      scratch = null;
    }
  }

  /** Whole rows that so many bytes hold; one at least. */
  private static int rows(long bytes, Stored.Piece piece, int columns) {
    return (int) Math.max(1, bytes / Math.max(1, piece.format().rowBytes(columns)));
  }

  private void upload(
      Stored.Piece piece,
      int row,
      int count,
      int columns,
      Format to,
      DeviceMemory memory,
      long start) {
    long bytes = piece.format().bytes(count, columns);
    if (piece.format().equals(to)) {
      long offset = to.bytes(start, columns);
      staging.upload(bytes, host -> read(piece, row, columns, host), memory, offset);
      return;
    }
    if (scratch == null || scratch.bytes() < bytes) {
      releaseScratch();
      scratch = context.allocate(Math.max(bytes, PLACE_BYTES));
    }
    staging.upload(bytes, host -> read(piece, row, columns, host), scratch, 0);
    tokens.convert(
        plain(piece.format()), scratch, plain(to), memory, start * columns, (long) count * columns);
  }

  private static DType plain(Format format) {
    return ((Format.Plain) format).type();
  }

  /** Fills a place with rows from one on, by several threads. */
  private static void read(Stored.Piece piece, int row, int columns, MemorySegment to) {
    long rowBytes = piece.format().rowBytes(columns);
    int count = (int) (to.byteSize() / rowBytes);
    int each = rows(READ_BYTES, piece, columns);
    IntStream.range(0, Math.ceilDiv(count, each))
        .parallel()
        .forEach(
            i -> {
              int from = i * each;
              int rows = Math.min(each, count - from);
              piece.read(row + from, columns, to.asSlice(from * rowBytes, rows * rowBytes));
            });
  }
}
