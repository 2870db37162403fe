package muninn.kernels;

import java.util.ArrayList;
import java.util.List;

/**
 * Makes fewer operations of a program's, with the same results to the bit. Of two neighbouring
 * norms the second reads what the first has just written: together they are one launch at every
 * joint of two branches. A last norm writes at once to where its result is moved.
 */
public final class Fusion {
  private Fusion() {}

  /** The operations of a whole program: when it is done nobody reads scratch that it moved last. */
  public static List<Op> of(List<Op> ops) {
    List<Op> fused = new ArrayList<>();
    for (Op op : ops) {
      if (op instanceof Op.Norm second
          && !fused.isEmpty()
          && fused.getLast() instanceof Op.Norm first
          && pair(first, second)) {
        fused.set(fused.size() - 1, new Op.NormPair(first, second));
      } else {
        fused.add(op);
      }
    }
    int last = fused.size() - 1;
    if (last > 0
        && fused.get(last) instanceof Op.Move(Buffer from, Buffer to)
        && fused.get(last - 1) instanceof Op.Norm norm
        && norm.out().equals(from)
        && !from.isByRow()) {
      fused.removeLast();
      fused.set(last - 1, new Op.Norm(norm.x(), norm.weight(), norm.eps(), norm.residual(), to));
    }
    return fused;
  }

  private static boolean pair(Op.Norm first, Op.Norm second) {
    return first.out().equals(second.x())
        && second.residual() == null
        && first.x().dtype() == DType.F32
        && first.out().dtype() == DType.F32
        && !first.x().isByRow()
        && !first.out().isByRow()
        && !second.out().isByRow()
        && !second.out().equals(second.x()); // in place it is float32 too, and no operand
  }
}
