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

    /** The same without looking at the elements, for one who does so, and asks {@link #check}. */
    default Bytes unchecked() {
      return this;
    }

    /** Refuses elements that are not numbers, where that is for the source to do. */
    default void check(MemorySegment data) {}
  }

  /**
   * Rows of a stored matrix.
   *
   * @param from the first of the rows within the tensor
   * @param halves rows of which i and {@code i + halves/2} come side by side, in each group of so
   *     many; 0 where rows come as they are stored
   */
  public record Piece(Format format, Bytes bytes, long from, int rows, int halves) {
    public Piece(DType dtype, Bytes bytes, long from, int rows, int halves) {
      this(new Format.Plain(dtype), bytes, from, rows, halves);
    }

    /** The same rows in another format, which they are given when they are read. */
    Piece in(Format other, int columns) {
      return format.equals(other)
          ? this
          : new Piece(other, new Recoded(format, bytes, columns, other), from, rows, halves);
    }

    /**
     * Reads rows one below the other.
     *
     * @param row the first, counted within the piece
     * @param to whole rows of {@code columns} elements
     */
    public void read(int row, int columns, MemorySegment to) {
      long rowBytes = format.rowBytes(columns);
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

  /** The format that all of its elements are stored in, or float32, which holds those of any. */
  public Format format() {
    Format first = pieces.getFirst().format;
    return pieces.stream().allMatch(piece -> piece.format.equals(first)) ? first : Format.F32;
  }

  /**
   * The same matrix as a device reads it that wants it in a format: plain elements as they are
   * stored, for the device to convert, and all else in that format.
   */
  public Stored towards(Format wanted) {
    List<Piece> towards =
        pieces.stream()
            .map(
                piece ->
                    wanted instanceof Format.Plain && piece.format instanceof Format.Plain
                        ? piece
                        : piece.in(wanted instanceof Format.Plain ? Format.F32 : wanted, columns))
            .toList();
    return new Stored(rows, columns, towards);
  }

  /** The same matrix, read without looking at its elements: {@link Bytes#unchecked}. */
  public Stored unchecked() {
    List<Piece> unchecked =
        pieces.stream()
            .map(p -> new Piece(p.format, p.bytes.unchecked(), p.from, p.rows, p.halves))
            .toList();
    return new Stored(rows, columns, unchecked);
  }

  /** The same matrix with all of its rows in a format, made while they are read. */
  public Stored in(Format wanted) {
    return new Stored(
        rows, columns, pieces.stream().map(piece -> piece.in(wanted, columns)).toList());
  }

  /** What a row takes in the widest of its pieces' formats. */
  public long rowBytes() {
    return pieces.stream().mapToLong(piece -> piece.format.rowBytes(columns)).max().orElse(0);
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
   * @param scratch room for so many of {@link #rowBytes}
   */
  public void read(int row, int count, MemorySegment scratch, Rows rows) {
    int first = 0; // of the piece
    for (Piece piece : pieces) {
      int from = Math.max(row, first);
      int end = Math.min(row + count, first + piece.rows);
      if (from < end) {
        long bytes = (end - from) * piece.format.rowBytes(columns);
        MemorySegment data = scratch.asSlice(0, bytes);
        piece.read(from - first, columns, data);
        rows.accept(piece, from, end - from, data);
      }
      first += piece.rows;
    }
  }
}
