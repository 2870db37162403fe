package muninn.kernels;

/**
 * What operations and programs cost at least, by the shapes of their buffers and weights: the
 * formulas behind every floor.
 *
 * <p>An operation reads its weights, tables and inputs and writes its result, everything once;
 * attention reads the keys and values of the distinct positions that its lanes look back on. A
 * product is a multiplication and an addition for every weight and lane, attention two of each for
 * every element of a query and position attended to.
 *
 * <p>A program must read all of its weights and the keys and values looked back on, write keys and
 * values of its lanes, and read and write the rows that lanes have of their own ({@link
 * Buffer#isByRow}). What passes from one operation to the next by place may stay in caches, and
 * norms' weights, biases and angles are small: these do not count.
 */
public final class Costs {
  private final Span span;
  private final long n;
  private final boolean everything; // or what a program must move

  private Costs(Span span, boolean everything) {
    this.span = span;
    this.n = span.lanes();
    this.everything = everything;
  }

  /** An operation by itself. */
  public static Cost of(Op op, Span span) {
    return new Costs(span, true).cost(op);
  }

  /** A whole program: its floor. */
  public static Cost of(Program program, Span span) {
    Costs costs = new Costs(span, false);
    return program.ops().stream().map(costs::cost).reduce(Cost.NONE, Cost::plus);
  }

  private Cost cost(Op op) {
    return switch (op) {
      case Op.Embed o -> bytes(o.table().format().bytes(n, o.table().columns()) + rows(o.out()));
      case Op.InitialState o -> bytes(rows(o.out()));
      case Op.Move o -> bytes(rows(o.from()) + rows(o.to()));
      case Op.Clear o -> bytes(rows(o.to()));
      case Op.Norm o -> norm(o);
      case Op.NormPair o ->
          norm(o.first()).plus(norm(o.second())).plus(bytes(-rows(o.second().x())));
      case Op.Product o -> product(o);
      case Op.Attend o -> attention(o);
      case Op.Draw o -> bytes(rows(o.logits()));
      case Op.LatentLook o -> bytes(rows(o.s()) + 2 * rows(o.before()));
      case Op.GateLook o ->
          new Cost(rows(o.s()) + table(o.weight()) + table(o.bias()), 2 * n * o.s().columns());
      case Op.OutputLook o -> bytes(rows(o.logits()) + 2 * rows(o.before()));
    };
  }

  private Cost norm(Op.Norm o) {
    long residual = o.residual() == null ? 0 : rows(o.residual());
    return bytes(rows(o.x()) + table(o.weight()) + residual + rows(o.out()));
  }

  private Cost product(Op.Product o) {
    Weights w = o.weights();
    long in =
        switch (o.in()) {
          case Op.Source.Table(Buffer x) -> rows(x);
          case Op.Source.Joined(Buffer first, Buffer second) -> rows(first) + rows(second);
        };
    long out =
        switch (o.then()) {
          case Op.Epilogue.Store(Buffer to) -> rows(to);
          case Op.Epilogue.Add(Buffer residual, Buffer to) -> rows(residual) + rows(to);
          case Op.Epilogue.Gate(Buffer to) -> rows(to);
          case Op.Epilogue.Heads h ->
              (h.bias() == null ? 0 : table(h.bias()))
                  + (h.norms() == null ? 0 : table(h.norms().q()) + table(h.norms().k()))
                  + angles(h.rope())
                  + rows(h.q())
                  + n * h.cache().positionBytes();
        };
    return new Cost(w.bytes() + in + out, 2 * n * w.rows() * w.columns());
  }

  private Cost attention(Op.Attend o) {
    long lookedBackOn = span.distinct() * o.cache().positionBytes();
    return new Cost(
        lookedBackOn + rows(o.q()) + rows(o.out()), 4 * span.attended() * o.q().columns());
  }

  private static Cost bytes(long bytes) {
    return new Cost(bytes, 0);
  }

  /** The lanes' rows of a buffer. */
  private long rows(Buffer buffer) {
    return everything || buffer.isByRow() ? n * buffer.columns() * buffer.dtype().bytes() : 0;
  }

  /** A whole table of weights that are no matrix. */
  private long table(Buffer table) {
    return everything ? (long) table.rows() * table.columns() * table.dtype().bytes() : 0;
  }

  /** A row for each lane's position. */
  private long angles(Buffer rope) {
    return everything ? n * rope.columns() * rope.dtype().bytes() : 0;
  }
}
