package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import muninn.cuda.Launch;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;

/** Queries, keys and values of which the first two are normed over all heads of a lane. */
final class NormedHeads implements Prepared {
  private static final int THREADS = 256;

  private final Prepared product;
  private final Kernels.Call normQ;
  private final Kernels.Call normK;
  private final Kernels.Call finish;
  private final int threadsQ;
  private final int threadsK;
  private final int pairs;

  /**
   * @param product goes to {@code products}
   * @param products {@code [≥n, (H + 2K)·D]}
   */
  NormedHeads(Kernels kernels, Prepared product, CudaBuffer products, Epilogue.Heads heads) {
    this.product = product;
    Op.HeadNorms norms = heads.norms();
    int q = norms.q().columns();
    int k = norms.k().columns();
    pairs = products.columns() / 2;
    threadsQ = Norms.threads(q);
    threadsK = Norms.threads(k);
    normQ = part(kernels, products, 0, CudaBuffer.of(norms.q()), norms.eps());
    normK = part(kernels, products, q, CudaBuffer.of(norms.k()), norms.eps());
    List<Object> values = new ArrayList<>(List.of(0, products));
    values.addAll(Linears.results(heads));
    finish = kernels.onLanes(kernels.typed("linear_finish_qkv"), values.toArray());
  }

  private static Kernels.Call part(
      Kernels kernels, CudaBuffer products, int column, CudaBuffer weight, float eps) {
    return kernels.onLanes(
        kernels.typed("norm_part"),
        products,
        products.columns(),
        column,
        weight,
        eps,
        weight.columns());
  }

  @Override
  public void reserve(CudaLanes.Grid grid) {
    product.reserve(grid);
  }

  @Override
  public void enqueue(CudaLanes lanes) {
    int n = lanes.grid().lanes();
    product.enqueue(lanes);
    normQ.launch(Launch.of(n, threadsQ), lanes);
    normK.launch(Launch.of(n, threadsK), lanes);
    finish.launch(Launch.of(1, THREADS).withGrid(Math.ceilDiv(pairs, THREADS), n, 1), lanes);
  }
}
