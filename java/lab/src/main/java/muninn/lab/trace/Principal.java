package muninn.lab.trace;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Principal components of states: the directions in which they differ most. The eigenvectors are
 * EJML's; of more states than {@value #MOST} an even selection is taken, for their number decides
 * how long that takes.
 */
public final class Principal {
  private static final int MOST = 1024;

  private final int fitted;
  private final double[] mean;
  private final List<double[]> directions;
  private final List<Double> shares;

  private Principal(int fitted, double[] mean, List<double[]> directions, List<Double> shares) {
    this.fitted = fitted;
    this.mean = mean;
    this.directions = directions;
    this.shares = shares;
  }

  /** Of all states of all trajectories; at most so many directions. */
  static Principal of(List<Trajectory> trajectories, int most) {
    return ofStates(
        trajectories.stream()
            .flatMap(t -> IntStream.rangeClosed(0, t.steps()).mapToObj(t::state))
            .toList(),
        most);
  }

  static Principal ofStates(List<float[]> all, int most) {
    int every = Math.ceilDiv(all.size(), MOST);
    List<float[]> states =
        IntStream.range(0, all.size()).filter(i -> i % every == 0).mapToObj(all::get).toList();

    int n = states.size();
    int d = states.getFirst().length;
    double[] mean = new double[d];
    for (float[] state : states) {
      for (int i = 0; i < d; i++) {
        mean[i] += state[i] / (double) n;
      }
    }
    DMatrixRMaj x = new DMatrixRMaj(n, d); // centred
    for (int row = 0; row < n; row++) {
      for (int i = 0; i < d; i++) {
        x.set(row, i, states.get(row)[i] - mean[i]);
      }
    }

    // The smaller of covariance and Gram matrix has the same eigenvalues.
    boolean few = n < d;
    DMatrixRMaj products = new DMatrixRMaj(Math.min(n, d), Math.min(n, d));
    if (few) {
      CommonOps_DDRM.multTransB(x, x, products);
    } else {
      CommonOps_DDRM.multTransA(x, x, products);
    }
    double total = CommonOps_DDRM.trace(products);
    EigenDecomposition_F64<DMatrixRMaj> eigen =
        DecompositionFactory_DDRM.eig(products.numRows, true, true);
    if (!eigen.decompose(products)) {
      throw new IllegalStateException("the principal components do not converge");
    }
    List<Integer> order =
        IntStream.range(0, eigen.getNumberOfEigenvalues())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -eigen.getEigenvalue(i).getReal()))
            .filter(i -> eigen.getEigenvalue(i).getReal() > 1e-12 * total)
            .limit(most)
            .toList();
    List<double[]> directions = new ArrayList<>();
    List<Double> shares = new ArrayList<>();
    for (int i : order) {
      DMatrixRMaj vector = eigen.getEigenVector(i);
      DMatrixRMaj direction = vector;
      if (few) {
        direction = new DMatrixRMaj(d, 1);
        CommonOps_DDRM.multTransA(x, vector, direction);
      }
      directions.add(oriented(direction.data));
      shares.add(eigen.getEigenvalue(i).getReal() / total);
    }
    return new Principal(n, mean, directions, shares);
  }

  /** Of length 1; its largest element is positive, so that a repetition gives the same picture. */
  private static double[] oriented(double[] vector) {
    double square = 0;
    double largest = 0;
    for (double v : vector) {
      square += v * v;
      largest = Math.abs(v) > Math.abs(largest) ? v : largest;
    }
    double scale = Math.copySign(1 / Math.sqrt(square), largest);
    return java.util.Arrays.stream(vector).map(v -> v * scale).toArray();
  }

  /** States that the directions come from. */
  public int fitted() {
    return fitted;
  }

  /** How many directions there are: fewer than asked for where the states span no more. */
  public int size() {
    return directions.size();
  }

  /** How much of the states' variance lies in a direction. */
  public double share(int direction) {
    return shares.get(direction);
  }

  /** Where a state lies, by direction. */
  double[] place(float[] state) {
    double[] place = new double[size()];
    for (int k = 0; k < place.length; k++) {
      double[] direction = directions.get(k);
      for (int i = 0; i < mean.length; i++) {
        place[k] += (state[i] - mean[i]) * direction[i];
      }
    }
    return place;
  }

  float[] mean() {
    return floats(mean);
  }

  /** {@code [size][d]}. */
  List<float[]> directions() {
    return directions.stream().map(Principal::floats).toList();
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
