package muninn.lab.expect;

import java.util.EnumMap;
import java.util.Map;

/** Seconds that each resource is busy for with a kernel. */
final class Parts {
  double dram;
  double l2;
  double shared;
  double issue;
  double tensor;

  /** All at the same time. */
  static double together(double... busy) {
    double sum = 0;
    for (double one : busy) {
      sum += Math.pow(one, 4);
    }
    return Math.pow(sum, 0.25);
  }

  /**
   * What the kernel takes.
   *
   * @param imbalance the longest share of a block over the mean one
   * @param tail seconds in which nothing of this is busy
   */
  Expected expected(double imbalance, double tail) {
    Map<Bound, Double> parts = new EnumMap<>(Bound.class);
    parts.put(Bound.DRAM, dram);
    parts.put(Bound.L2, l2);
    parts.put(Bound.SHARED, shared);
    parts.put(Bound.ISSUE, issue);
    parts.put(Bound.TENSOR, tensor);
    parts.put(Bound.TAIL, tail);
    return new Expected(together(dram, l2, shared, issue, tensor) * imbalance + tail, parts);
  }
}
