package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import muninn.cuda.Launch;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;

/**
 * Queries, keys and values of which whole rows must be there before they are finished: their
 * products are kept, queries and keys perhaps normed over all heads of a lane, and then appended. A
 * format of keys and values that has a scale for each head appends by a kernel of its own ({@code
 * heads.cu}).
 */
final class WholeHeads implements Prepared {
  private static final int THREADS = 256;
  private static final int WARP = 32;

  private final Prepared product;
  private final List<Prepared> norms = new ArrayList<>();
  private final Kernels.Call finish;
  private final int blocks; // of a lane that is finished
  private final int threads; // of a block

  /**
   * @param product goes to {@code products}
   * @param products {@code [≥n, (H + 2K)·D]}
   * @param warps heads that a block appends, where they have scales
   */
  WholeHeads(
      Kernels kernels, Prepared product, CudaBuffer products, Epilogue.Heads heads, int warps) {
    this.product = product;
    Op.HeadNorms wanted = heads.norms();
    if (wanted != null) {
      int q = wanted.q().columns();
      norms.add(norm(kernels, products, 0, CudaBuffer.of(wanted.q()), wanted.eps()));
      norms.add(norm(kernels, products, q, CudaBuffer.of(wanted.k()), wanted.eps()));
    }
    CudaKvCache cache = CudaKvCache.of(heads.cache());
    List<Object> values = new ArrayList<>(List.of(products));
    values.addAll(CudaEpilogue.heads(heads));
    if (cache.isScaled()) {
      finish = kernels.onLanes(kernels.typed("append" + cache.suffix()), values.toArray());
      blocks = Math.ceilDiv(products.columns() / cache.headWidth(), warps);
      threads = warps * WARP;
    } else {
      values.addFirst(0); // the first lane
      values.add(2, 0); // products are not rounded
      finish = kernels.onLanes(kernels.typed("linear_finish_qkv"), values.toArray());
      blocks = Math.ceilDiv(products.columns() / 2, THREADS);
      threads = THREADS;
    }
  }

  private static Prepared norm(
      Kernels kernels, CudaBuffer products, int column, CudaBuffer weight, float eps) {
    int columns = weight.columns();
    Kernels.Call call =
        kernels.onLanes(
            kernels.typed("norm_part"), products, products.columns(), column, weight, eps, columns);
    int threads = Norms.threads(columns);
    return lanes -> call.launch(Launch.of(lanes.grid().lanes(), threads), lanes);
  }

  @Override
  public void reserve(CudaLanes.Grid grid) {
    product.reserve(grid);
  }

  @Override
  public void enqueue(CudaLanes lanes) {
    product.enqueue(lanes);
    norms.forEach(norm -> norm.enqueue(lanes));
    finish.launch(Launch.of(1, threads).withGrid(blocks, lanes.grid().lanes(), 1), lanes);
  }
}
