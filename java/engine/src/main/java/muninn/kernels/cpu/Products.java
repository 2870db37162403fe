package muninn.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Op.Source;

/** Linear products with what comes before and after them. */
final class Products {
  // What SiLU costs beside the products, in products an element, for splitting it over threads.
  private static final int SILU_PRODUCTS = 16;

  // Rows that lie a multiple of half a page apart share a few sets of the first cache, where a
  // column of eight lanes has room. With a line more between them one of sixteen has (d 1024, one
  // thread, fp8, 16 lanes: 23.5 tokens/s without, 35.0 with).
  private static final int SHARING = 512; // elements
  private static final int SHARE = 8; // lanes
  private static final int APART = 16; // elements

  private final Workers workers;
  private final LateLibrary late;
  private final Optional<Bf16Operands> bf16;

  // Scratch of single operations, grown to the largest number of lanes seen.
  private CpuBuffer joined = new CpuBuffer(new float[0], 0, 0); // [n, 2d] of an adapter
  private CpuBuffer gateUp = joined; // [n, 2I] of an MLP
  private CpuBuffer headed = joined; // [n, (H + 2K)·D] of heads that do not come in tiles
  private float[] apart = new float[0]; // [n, columns + APART] of operands

  /** What is done with the products of some operands, in table order. */
  private interface Then {
    void run(CpuLanes lanes, CpuBuffer x);
  }

  /**
   * @param late what takes lanes into attention, where it is there
   * @param bf16 rounds operands to bfloat16; none: they stay float32
   */
  Products(Workers workers, LateLibrary late, Optional<Bf16Operands> bf16) {
    this.workers = workers;
    this.late = late;
    this.bf16 = bf16;
  }

  Step prepare(Op.Product op) {
    CpuWeights weights = CpuWeights.of(op.weights());
    Then then =
        switch (op.then()) {
          case Epilogue.Store store -> store(weights, CpuBuffer.of(store.out()));
          case Epilogue.Add add -> add(weights, add);
          case Epilogue.Gate gate -> gate(weights, CpuBuffer.of(gate.out()));
          case Epilogue.Heads heads -> heads(weights, heads);
        };
    return switch (op.in()) {
      case Source.Table table -> {
        CpuBuffer x = CpuBuffer.of(table.x());
        yield lanes -> then.run(lanes, x);
      }
      case Source.Joined both -> {
        CpuBuffer first = CpuBuffer.of(both.first());
        CpuBuffer second = CpuBuffer.of(both.second());
        yield lanes -> then.run(lanes, join(lanes, first, second));
      }
    };
  }

  /** With operands in the type that is computed in; one way for any number of lanes. */
  private void multiply(CpuWeights weights, CpuBuffer x, int n, Linear.Epilogue epilogue) {
    if (weights.panel instanceof CompiledPanel compiled) {
      Operands operands = operands(compiled.library(), x, n);
      CompiledLinear.multiply(workers, compiled, weights, operands.x, operands.step, n, epilogue);
    } else {
      Linear.multiply(workers, weights, rounded(x, n), n, epilogue);
    }
  }

  /**
   * The first n lanes' products to the first n rows of a table, where a library writes them there.
   *
   * @return whether it did
   */
  private boolean put(
      CpuWeights weights, CpuBuffer x, int n, CpuBuffer out, Optional<CpuBuffer> residual) {
    if (weights.panel instanceof CompiledPanel compiled) {
      Operands operands = operands(compiled.library(), x, n);
      CompiledLinear.put(workers, compiled, weights, operands.x, operands.step, n, out, residual);
      return true;
    }
    return false;
  }

  /** The first n rows of x, rounded if that is asked for. */
  private CpuBuffer rounded(CpuBuffer x, int n) {
    return bf16.map(rounding -> rounding.numbers(x, n)).orElse(x);
  }

  /** Words or numbers, {@code [n, step]}. */
  private record Operands(MemorySegment x, int step) {}

  private Operands operands(CpuLibrary library, CpuBuffer x, int n) {
    if (library.words().isPresent()) {
      MemorySegment words = bf16.orElseThrow().words(library.words().get(), x, n);
      return new Operands(words, Bf16PairPanel.pairs(x.columns()));
    }
    CpuBuffer numbers = rounded(x, n);
    CpuBuffer rows = n > SHARE && x.columns() % SHARING == 0 ? apart(numbers, n) : numbers;
    return new Operands(MemorySegment.ofArray(rows.data()), rows.columns());
  }

  private CpuBuffer apart(CpuBuffer x, int n) {
    int columns = x.columns();
    if (apart.length < (long) n * (columns + APART)) {
      apart = CpuBuffer.of(n, columns + APART).data();
    }
    CpuBuffer rows = new CpuBuffer(apart, n, columns + APART);
    Linear.split(
        workers,
        n,
        columns,
        (from, to) -> {
          for (int m = from; m < to; m++) {
            System.arraycopy(x.data(), x.row(m), rows.data(), rows.row(m), columns);
          }
        });
    return rows;
  }

  private CpuBuffer join(CpuLanes lanes, CpuBuffer first, CpuBuffer second) {
    int d = first.columns();
    joined = reserve(joined, lanes.size(), d + second.columns());
    for (int m = 0; m < lanes.size(); m++) {
      int to = joined.row(m);
      System.arraycopy(first.data(), first.row(lanes, m), joined.data(), to, d);
      System.arraycopy(
          second.data(), second.row(lanes, m), joined.data(), to + d, second.columns());
    }
    return joined;
  }

  private Then store(CpuWeights weights, CpuBuffer out) {
    return (lanes, x) -> {
      if (!out.isByRow() && put(weights, x, lanes.size(), out, Optional.empty())) {
        return;
      }
      multiply(
          weights,
          x,
          lanes.size(),
          (row, rows, lane, count, products, step) -> {
            for (int m = 0; m < count; m++) {
              int at = out.row(lanes, lane + m) + row;
              System.arraycopy(products, m * step, out.data(), at, rows);
            }
          });
    };
  }

  private Then add(CpuWeights weights, Epilogue.Add add) {
    CpuBuffer residual = CpuBuffer.of(add.residual());
    CpuBuffer out = CpuBuffer.of(add.out());
    return (lanes, x) -> {
      if (put(weights, x, lanes.size(), out, Optional.of(residual))) {
        return;
      }
      multiply(
          weights,
          x,
          lanes.size(),
          (row, rows, lane, count, products, step) -> {
            for (int m = 0; m < count; m++) {
              int at = out.row(lane + m) + row;
              for (int r = 0; r < rows; r++) {
                out.data()[at + r] = products[m * step + r] + residual.data()[at + r];
              }
            }
          });
    };
  }

  private Then gate(CpuWeights weights, CpuBuffer out) {
    int ffn = out.columns();
    return (lanes, x) -> {
      gateUp = reserve(gateUp, lanes.size(), 2 * ffn);
      CpuBuffer products = gateUp;
      store(weights, products).run(lanes, x);
      boolean plain = workers.plain((long) lanes.size() * ffn * SILU_PRODUCTS);
      Linear.split(
          workers,
          lanes.size(),
          (long) ffn * SILU_PRODUCTS,
          (from, end) -> {
            for (int m = from; m < end; m++) {
              if (plain) {
                Plain.silu(products.data(), products.row(m), ffn, out.data(), out.row(m));
              } else {
                Maths.silu(products.data(), products.row(m), ffn, out.data(), out.row(m));
              }
            }
          });
    };
  }

  private Then heads(CpuWeights weights, Epilogue.Heads heads) {
    return Heads.inTiles(heads)
        ? (lanes, x) -> multiply(weights, x, lanes.size(), new Heads(heads, lanes)::store)
        : wholeHeads(weights, heads);
  }

  private Then wholeHeads(CpuWeights weights, Epilogue.Heads op) {
    return (lanes, x) -> {
      headed = reserve(headed, lanes.size(), weights.rows());
      CpuBuffer products = headed;
      store(weights, products).run(lanes, x);
      Heads heads = new Heads(op, lanes);
      long work = (long) weights.rows() * Norms.NORM_PRODUCTS;
      boolean plain = workers.plain(lanes.size() * work);
      Optional<CompiledHeads> compiled = plain ? Optional.empty() : compiled(op);
      Linear.split(
          workers,
          lanes.size(),
          work,
          (from, end) -> {
            for (int m = from; m < end; m++) {
              float[] row = products.data();
              int at = products.row(m);
              if (op.norms() != null) {
                heads.norm(row, at, op.norms(), plain);
              }
              if (compiled.isPresent()) {
                heads.storeWhole(m, row, at, compiled.get());
              } else {
                heads.storeWhole(m, row, at);
              }
            }
          });
    };
  }

  /** What takes a lane into attention where keys and values are kept in bfloat16. */
  private Optional<CompiledHeads> compiled(Epilogue.Heads op) {
    return CpuKvCache.of(op.cache()).elements instanceof Bf16Kv kept
        ? late.open().map(library -> library.heads(op, kept))
        : Optional.empty();
  }

  private static CpuBuffer reserve(CpuBuffer scratch, int rows, int columns) {
    return scratch.rows() >= rows && scratch.columns() == columns
        ? scratch
        : CpuBuffer.of(rows, columns);
  }
}
