package muninn.lab;

import muninn.kernels.Buffer;
import muninn.model.Config;

/**
 * What operations and stages of a model cost at least, by its shape; the formulas behind every
 * floor. d, D, I, V as in {@link Config}; n lanes; w, a and 4 are the bytes of an element of
 * weights, of operands, keys and values, and of float32; c and u are the positions that lanes
 * attend to, all and distinct ({@link Span}).
 *
 * <p>An operation reads its weights and inputs and writes its result:
 *
 * <pre>
 *                 bytes                                              FLOP
 * norm            4nd + 4d + and (or 4nd where the result is float32) –
 * embed           wnd + 4nd                                          –
 * scatter         4nd + and                                          –
 * gatherNorm      and + 4d + 4nd                                     –
 * initialState    and                                                –
 * queryKeyValue   3ddw + 8d + nd·a + 4nD + nd·a + 2nd·a              6ndd
 * attention       2ud·a + 2nd·a                                      4cd
 * linearAdd       (rows·columns)w + n·columns·a + 2n·rows·4          2n·rows·columns
 * normNorm        4nd + 8d + 4nd + nd·a                              –
 * swiglu          2Idw + nd·a + nI·a                                 4nId
 * adapter         2ddw + 2nd·a + 4nd                                 4ndd
 * linear          Vdw + nd·a + 4nV                                   2nVd
 * sample          4nV                                                –
 * latentMeasures  3nd·a                                              –
 * outputMeasures  3·4nV                                              –
 * copyRows        2n·columns·a                                       –
 * clearRows       n·columns·4                                        –
 * </pre>
 *
 * <p>A stage must read all of its weights, the keys and values looked back on, and the rows that
 * outlive a tick, and write the latter two of its lanes; what passes from one operation to the next
 * may stay in caches, so it does not count.
 *
 * @param weight w
 * @param operand a
 */
record Costs(Config config, long weight, long operand) {
  private static final long FLOAT = 4;

  private long d() {
    return config.width();
  }

  private Cost product(long n, long rows, long columns) {
    return new Cost(rows * columns * weight, 2 * n * rows * columns);
  }

  private static Cost bytes(long bytes) {
    return new Cost(bytes, 0);
  }

  // Operations

  Cost norm(long n) {
    return bytes(FLOAT * (n * d() + d()) + operand * n * d());
  }

  Cost queryKeyValue(long n) {
    long bias = 2 * FLOAT * d();
    long rope = FLOAT * n * config.headWidth();
    return product(n, 3 * d(), d()).plus(bytes(bias + rope + operand * 4 * n * d()));
  }

  Cost attention(Span span) {
    return lookBack(span).plus(bytes(2L * operand * span.lanes() * d()));
  }

  Cost attentionOut(long n) {
    return linearAdd(n, d(), d());
  }

  Cost normNorm(long n) {
    return bytes(FLOAT * (2 * n * d() + 2 * d()) + operand * n * d());
  }

  Cost swiglu(long n) {
    return product(n, 2L * config.ffn(), d()).plus(bytes(operand * n * (d() + config.ffn())));
  }

  Cost mlpOut(long n) {
    return linearAdd(n, d(), config.ffn());
  }

  private Cost linearAdd(long n, long rows, long columns) {
    return product(n, rows, columns).plus(bytes(operand * n * columns + 2 * FLOAT * n * rows));
  }

  Cost adapter(long n) {
    return product(n, d(), 2 * d()).plus(bytes(operand * 2 * n * d() + FLOAT * n * d()));
  }

  Cost head(long n) {
    return product(n, config.vocabulary(), d())
        .plus(bytes(operand * n * d() + FLOAT * n * config.vocabulary()));
  }

  Cost sample(long n) {
    return bytes(FLOAT * n * config.vocabulary());
  }

  /** A norm whose result is of another type than operands are. */
  private Cost norm(long n, Buffer out) {
    return bytes(FLOAT * (n * d() + d()) + out.dtype().bytes() * n * d());
  }

  /**
   * An operation as a device was seen to do it.
   *
   * @param name as {@link muninn.kernels.Device} has it, but {@code linearAdd} told apart as in a
   *     benchmark
   */
  Cost operation(String name, Span span, Buffer out) {
    long n = span.lanes();
    return switch (name) {
      case "embed" -> bytes((weight + FLOAT) * n * d());
      case "initialState" -> bytes(operand * n * d());
      case "scatter" -> bytes((FLOAT + operand) * n * d());
      case "gatherNorm" -> bytes(operand * n * d() + FLOAT * (d() + n * d()));
      case "norm" -> norm(n, out);
      case "normNorm" -> normNorm(n);
      case "queryKeyValue" -> queryKeyValue(n);
      case "attention" -> attention(span);
      case "linearAdd attn" -> attentionOut(n);
      case "linearAdd mlp" -> mlpOut(n);
      case "swiglu" -> swiglu(n);
      case "adapter" -> adapter(n);
      case "head" -> head(n);
      case "sample" -> sample(n);
      case "latentMeasures" -> bytes(3 * operand * n * d());
      case "outputMeasures" -> bytes(3 * FLOAT * n * config.vocabulary());
      case "copyRows" -> bytes(2L * out.dtype().bytes() * n * out.columns());
      case "clearRows" -> bytes((long) out.dtype().bytes() * n * out.columns());
      default -> Cost.NONE;
    };
  }

  // Stages

  Cost preludeStage(Span span) {
    long embedded = weight * span.lanes() * d();
    long outlive = 2 * operand * span.lanes() * d(); // e and s
    return block(span).times(config.prelude()).plus(bytes(embedded + outlive));
  }

  Cost coreStage(Span span) {
    long outlive = 3 * operand * span.lanes() * d(); // s and e read, s written
    return block(span)
        .times(config.core())
        .plus(product(span.lanes(), d(), 2 * d()))
        .plus(bytes(outlive));
  }

  /** The coda, the head and the draw. */
  Cost codaStage(Span span) {
    return codaBlocks(span).plus(headStage(span.lanes()));
  }

  /** The coda alone, whose result may stay in caches. */
  Cost codaBlocks(Span span) {
    return block(span).times(config.coda()).plus(bytes(operand * span.lanes() * d()));
  }

  /** The head, the logits not counted. */
  Cost headStage(long n) {
    return product(n, config.vocabulary(), d());
  }

  private Cost block(Span span) {
    long n = span.lanes();
    long written = 2 * operand * n * d();
    return product(n, 3 * d(), d())
        .plus(product(n, d(), d()))
        .plus(product(n, 2L * config.ffn(), d()))
        .plus(product(n, d(), config.ffn()))
        .plus(lookBack(span))
        .plus(bytes(written));
  }

  private Cost lookBack(Span span) {
    return new Cost(2 * operand * span.distinct() * d(), 4 * span.attended() * d());
  }

  /** The floor of a token of each of the lanes: prelude, r steps of the core, coda, head. */
  double tokenFloorNanos(Span span, int steps, Limits limits) {
    return preludeStage(span).floorNanos(limits)
        + steps * coreStage(span).floorNanos(limits)
        + codaStage(span).floorNanos(limits);
  }
}
