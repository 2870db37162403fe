package muninn.kernels.cuda;

import muninn.cuda.Blas;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Op;
import muninn.kernels.PaperDevice;
import muninn.kernels.PaperMemory;
import muninn.kernels.Weights;

/**
 * What a CUDA device takes of its memory beside weights, activations, keys and values, by the
 * classes that take it. Not counted: the driver's own (its context, kernels, graphs), which is
 * taken before memory is shared out; what loading and the tries of a matrix library give back; and
 * what only comes when it is asked for, measures of outputs and products of warpgroups.
 */
public final class CudaOnPaper implements PaperMemory {
  private final DType dtype;
  private final int multiprocessors;
  private final boolean library;
  private long decoded;
  private long scratch;
  private long headed;
  private long tables;
  private long later;

  /**
   * @param dtype of operands
   * @param library whether a matrix library multiplies many lanes
   */
  CudaOnPaper(DType dtype, int multiprocessors, boolean library) {
    this.dtype = dtype;
    this.multiprocessors = multiprocessors;
    this.library = library;
  }

  /**
   * A GPU on which cuBLASLt is found, as far as it is wanted.
   *
   * @param dtype of operands
   * @param kv what keys and values are kept in
   */
  public static PaperDevice device(
      DType dtype, Format kv, int multiprocessors, boolean deterministic) {
    boolean library = dtype == DType.BF16 && !deterministic;
    return new PaperDevice(dtype, dtype, kv, new CudaOnPaper(dtype, multiprocessors, library));
  }

  @Override
  public long pageBytes(Format format, int heads, int headWidth) {
    return CudaKvCache.pageBytes(format, heads, headWidth);
  }

  @Override
  public void matrix(Weights weights) {
    decoded = Math.max(decoded, library ? Decoded.bytes(weights) : 0);
  }

  @Override
  public void lanes(int capacity) {
    tables += CudaLanes.deviceBytes(capacity);
  }

  @Override
  public void sequences(int count, int positions, int slots) {
    tables += CudaSequences.deviceBytes(count, positions, slots);
  }

  @Override
  public void prepare(Op op) {
    switch (op) {
      case Op.Product product when Linears.headedBytes(product) > 0 ->
          headed = Math.max(headed, Linears.headedBytes(product));
      case Op.Product product ->
          scratch = Math.max(scratch, library ? LibraryLinears.scratchBytes(product) : 0);
      case Op.Attend attend -> {
        int width = attend.cache().headWidth();
        long most =
            Attention.laterBytes(
                attend.q().rows(),
                attend.sequences().positions(),
                attend.q().columns() / width,
                width);
        later = Math.max(later, most);
      }
      default -> {}
    }
  }

  @Override
  public long deviceBytes() {
    long own = dtype == DType.BF16 ? OwnLinears.deviceBytes(multiprocessors) : 0;
    return own + Attention.deviceBytes() + (library ? Blas.WORKSPACE_BYTES : 0) + decoded;
  }

  @Override
  public long workBytes() {
    return tables + scratch + headed;
  }

  @Override
  public long laterBytes() {
    return later;
  }

  @Override
  public PaperMemory fresh() {
    return new CudaOnPaper(dtype, multiprocessors, library);
  }
}
