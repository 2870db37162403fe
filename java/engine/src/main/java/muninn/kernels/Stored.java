package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A matrix {@code [rows, columns]} as files hold it: pieces one below the other, each some rows of
 * a tensor. A device reads every row once while it lays the matrix out in its own way, so neither a
 * whole tensor nor a stacked matrix need ever be in memory.
 */
public record Stored(int rows, int columns, List<Piece> pieces) {

  /** The bytes of one tensor. Safe for use by several threads. */
  public interface Bytes {
    /** Fills a segment with the bytes from there on. */
    void read(long from, MemorySegment to);
  }

  /**
   * Rows of a stored matrix.
   *
   * @param from the first of the rows within the tensor
   * @param halves rows of which i and {@code i + halves/2} come side by side, in each group of so
   *     many; 0 where rows come as they are stored
   */
  public record Piece(DType dtype, Bytes bytes, long from, int rows, int halves) {

    /**
     * Reads rows one below the other.
     *
     * @param row the first, counted within the piece
     * @param to whole rows of {@code columns} elements
     */
    public void read(int row, int columns, MemorySegment to) {
      long rowBytes = (long) columns * dtype.bytes();
      if (halves == 0) {
        bytes.read((from + row) * rowBytes, to);
      } else {
        for (long i = 0; i * rowBytes < to.byteSize(); i++) {
          bytes.read((from + stored(row + i)) * rowBytes, to.asSlice(i * rowBytes, rowBytes));
        }
      }
    }

    /** Where the row that is wanted here is stored. */
    private long stored(long row) {
      long within = row % halves;
      return row - within + within / 2 + (within % 2 == 0 ? 0 : halves / 2);
    }
  }

  /** A matrix that memory holds whole, row-major. */
  public static Stored of(DType dtype, int rows, int columns, MemorySegment data) {
    Bytes bytes = (from, to) -> MemorySegment.copy(data, from, to, 0, to.byteSize());
    return new Stored(rows, columns, List.of(new Piece(dtype, bytes, 0, rows, 0)));
  }

  /** The type that all of its elements are stored as, or float32, which holds those of any. */
  public DType dtype() {
    DType first = pieces.getFirst().dtype;
    return pieces.stream().allMatch(piece -> piece.dtype == first) ? first : DType.F32;
  }

  /** Receives rows as they are stored. */
  public interface Rows {
    /**
     * @param row the first of them, counted within the matrix
     */
    void accept(Piece piece, int row, int rows, MemorySegment data);
  }

  /**
   * Reads some rows of the matrix, those of one piece at a time.
   *
   * @param scratch room for them in the widest of their types
   */
  public void read(int row, int count, MemorySegment scratch, Rows rows) {
    int first = 0; // of the piece
    for (Piece piece : pieces) {
      int from = Math.max(row, first);
      int end = Math.min(row + count, first + piece.rows);
      if (from < end) {
        long bytes = (long) (end - from) * columns * piece.dtype.bytes();
        MemorySegment data = scratch.asSlice(0, bytes);
        piece.read(from - first, columns, data);
        rows.accept(piece, from, end - from, data);
      }
      first += piece.rows;
    }
  }
}
