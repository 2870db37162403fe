package muninn.lab.expect;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.kernels.Costs;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Program;
import muninn.kernels.Span;
import muninn.kernels.Weights;

/**
 * How long our CUDA kernels take on a card, from the shapes of their operations alone:
 *
 * <pre>{@code
 * T = launch + (DRAM⁴ + L2⁴ + shared⁴ + issue⁴ + tensor⁴)^¼ · imbalance + tail − prefetched
 * }</pre>
 *
 * The fourth powers stand for resources that are busy at the same time: the longest counts nearly
 * alone, others of its length add a fifth. Where a kernel may begin while the one before it ends, a
 * product has already fetched what fits its ring of copies.
 *
 * <p>The constants of bfloat16 kernels come from their code: shared memory and copies of {@code
 * linear.cu}, instructions counted in compiled loops ({@link KernelFigures}). Those of latencies
 * are assumptions. Expect it to be right within 5 % for products of a lane to eight, 15 % up to 64
 * lanes, 40 % for attention, norms and tails. It is for differences between versions and shapes,
 * until it has been fitted to a measurement.
 */
public final class TimingModel {
  private static final double MICRO = 1e-6;

  // Products of at most 64 lanes: linear.cu.
  private static final int MOST_LANES = 64;
  private static final int MOST_CODED_LANES = 192; // beyond which they are decoded for a library
  private static final int ROWS = 128; // of a block's tile of weights
  private static final int COLUMNS = 32; // of a step
  private static final int BLOCKS = 2; // a multiprocessor
  private static final int TILE = 8; // lanes
  private static final double WAVEFRONTS_A_TILE = 4.57; // of operands, for 1024 bytes of weights

  private static final double LAUNCH = 1.0 * MICRO; // ramp of a kernel that begins alone
  private static final double ROUND = 0.7 * MICRO; // partial sums of one more block
  private static final double FINISH = 2.5 * MICRO; // of a kernel that is all latency

  // Products of more, by a library, and what our kernels do after it.
  private static final double CALL = 2 * MICRO; // a gap between two kernels
  private static final double FEW = 64; // lanes at which tiles are half empty

  // Attention: attention.cuh.
  private static final int SPLIT = 128; // positions
  private static final int ATTENTION_WARPS = 4; // of a block
  private static final double COUNTED_WIDTH = 96;
  private static final int BLOCK = 32; // elements that rows of a page are filled up to
  private static final int SECTOR = 32; // bytes
  private static final int ENOUGH = 16; // blocks a multiprocessor from which a block takes a run
  private static final double ISSUED = 0.5; // of its slots: it waits on what it has just looked up
  private static final double LOOK_UP = 5 * MICRO; // page, keys, softmax, values

  private final Card card;
  private final KernelFigures kernels;
  private final Optional<WarpgroupProducts> warpgroups;

  /** Of the kernels as they are. */
  public TimingModel(Card card) {
    this(card, KernelFigures.NOW);
  }

  TimingModel(Card card, KernelFigures kernels) {
    this(card, kernels, Optional.empty());
  }

  private TimingModel(Card card, KernelFigures kernels, Optional<WarpgroupProducts> warpgroups) {
    this.card = card;
    this.kernels = kernels;
    this.warpgroups = warpgroups;
  }

  /**
   * Of products by warpgroups, {@code --kernels linear=wgmma}.
   *
   * @throws muninn.UserException where the card has none
   */
  public static TimingModel ofWarpgroups(Card card) {
    WarpgroupProducts products = new WarpgroupProducts(card, KernelFigures.NOW);
    return new TimingModel(card, KernelFigures.NOW, Optional.of(products));
  }

  public Card card() {
    return card;
  }

  /** What a head of this width takes of a page: rows are filled up to whole blocks. */
  private static int paddedWidth(int headWidth) {
    return Math.ceilDiv(headWidth, BLOCK) * BLOCK;
  }

  /**
   * Seconds from the end of a recorded program to the start of the next one. No copy stands between
   * them, but a kernel that puts pages into their tables does where a lane begins one: each does
   * for one position in {@value KvCache#PAGE}.
   */
  double between(long lanes) {
    double noneBegins = Math.pow(1 - 1.0 / KvCache.PAGE, lanes);
    return kernels.between() + (1 - noneBegins) * (CALL + FINISH);
  }

  /** A whole program, whose operations follow one another without the host. */
  public Expected of(Program program, Span span) {
    return of(program, List.of(span));
  }

  /**
   * The same for several kinds of lanes in one pass, such as prompts among answers. What attention
   * takes for each kind is added up, although they share a launch.
   */
  Expected of(Program program, List<Span> kinds) {
    Span span = kinds.stream().reduce(Span::and).orElseThrow();
    Expected all = Expected.NOTHING;
    double idle = 0; // since memory was last busy with weights
    for (Op op : program.ops()) {
      Expected one =
          op instanceof Op.Attend
              ? kinds.stream().map(kind -> of(op, kind)).reduce(Expected.NOTHING, Expected::then)
              : of(op, span);
      if (op instanceof Op.Product product) {
        double fetched = Math.min(idle, prefetch(product, span.lanes()));
        all = all.then(new Expected(one.seconds() - fetched, one.parts()));
        idle = one.parts().get(Bound.TAIL);
      } else {
        all = all.then(one);
        idle += one.seconds();
      }
    }
    return all;
  }

  /** An operation by itself. */
  public Expected of(Op op, Span span) {
    return switch (op) {
      case Op.Product product when byWarpgroups(product).isPresent() ->
          appended(product, span, byWarpgroups(product).get().of(product, span));
      case Op.Product product
          when span.lanes() > (isCoded(product.weights()) ? MOST_CODED_LANES : MOST_LANES) ->
          byLibrary(product, span);
      case Op.Product product -> byUs(product, span);
      case Op.Attend attend -> attention(attend, span);
      default -> small(op, span);
    };
  }

  /** Time of reading weights that a product has behind it when the kernel before it ends. */
  private double prefetch(Op.Product product, long lanes) {
    Weights weights = product.weights();
    if (byWarpgroups(product).isPresent()) {
      return byWarpgroups(product).get().prefetch(weights);
    }
    if (!card.overlapsLaunches() || lanes > MOST_LANES) {
      return 0;
    }
    int steps = kernels.products(weights.format()).steps().get(tiles(lanes));
    double elements = (double) ROWS * COLUMNS * steps * BLOCKS * card.multiprocessors();
    double share = Math.min(1, elements / ((double) weights.rows() * weights.columns()));
    return share * weights.bytes() / card.readRate();
  }

  private Optional<WarpgroupProducts> byWarpgroups(Op.Product product) {
    return warpgroups.filter(it -> it.takes(product));
  }

  /**
   * Our own product, for which weights are read anew for every 64 lanes. A library knows no codes,
   * and would have them decoded first.
   */
  private Expected byUs(Op.Product op, Span span) {
    Expected all = Expected.NOTHING;
    for (long first = 0; first < span.lanes(); first += MOST_LANES) {
      long lanes = Math.min(MOST_LANES, span.lanes() - first);
      all = all.then(streamed(op, new Span(lanes, lanes, lanes)));
    }
    return appended(op, span, all);
  }

  /** Weights stream through the tensor cores once. */
  private Expected streamed(Op.Product op, Span span) {
    Weights w = op.weights();
    int tiles = tiles(span.lanes());
    int padded = TILE << tiles;
    double kibibytes = 2.0 * w.rows() * w.columns() / 1024; // as bfloat16, which all are made
    KernelFigures.Products products = kernels.products(w.format());
    Parts parts = new Parts();
    parts.dram = Costs.of(op, span).bytes() / card.readRate();
    parts.l2 = w.bytes() * (1 + (double) padded / ROWS) / card.cacheRate();
    double wavefronts = products.wavefronts().get(tiles) + WAVEFRONTS_A_TILE * padded / TILE;
    parts.shared = kibibytes * wavefronts / card.wavefrontRate();
    parts.issue = kibibytes * products.instructions().get(tiles) / card.issueRate();
    parts.tensor = 2.0 * padded * w.rows() * w.columns() / card.warpRate();

    int rowBlocks = Math.ceilDiv(w.rows(), ROWS);
    long steps = (long) rowBlocks * Math.ceilDiv(w.columns(), COLUMNS);
    long blocks = Math.min(steps, (long) BLOCKS * card.multiprocessors());
    double mean = (double) w.rows() / ROWS * w.columns() / COLUMNS / blocks;
    double imbalance = Math.ceilDiv(steps, blocks) / mean;
    double sharers = (double) blocks / rowBlocks + 1;
    double rounds = Math.max(1, sharers * padded / MOST_LANES);
    double ends = kernels.merge() + ROUND * rounds + kernels.epilogue(op.then()) * padded / TILE;
    int resident =
        (int)
            Math.clamp(
                Math.floor(card.sharedBytes() / products.sharedBytes().get(tiles)), 1, BLOCKS);
    int waves = BLOCKS / resident;
    return parts.expected(imbalance, waves * (LAUNCH + ends));
  }

  /** Index of the smallest tile of 8, 16, 32 or 64 lanes that takes them. */
  private static int tiles(long lanes) {
    return lanes <= 8 ? 0 : lanes <= 16 ? 1 : lanes <= 32 ? 2 : 3;
  }

  /** Keys and values with scales: products are stored, and a kernel of its own finishes them. */
  private Expected appended(Op.Product op, Span span, Expected product) {
    boolean scaled =
        op.then() instanceof Epilogue.Heads heads
            && heads.cache().format() instanceof Format.Scaled;
    if (!scaled) {
      return product;
    }
    Parts parts = new Parts();
    parts.dram = 2.0 * Float.BYTES * span.lanes() * op.weights().rows() / card.readRate();
    return product.then(parts.expected(1, FINISH));
  }

  private static boolean isCoded(Weights weights) {
    return weights.format() instanceof Format.Coded;
  }

  /** Bytes of a matrix as a library multiplies it. */
  private static long libraryBytes(Weights weights) {
    return isCoded(weights)
        ? Format.BF16.bytes(weights.rows(), weights.columns())
        : weights.bytes();
  }

  /**
   * A library's product, part by part, and through memory to what finishes it. Codes are decoded
   * once before it, through memory too.
   */
  private Expected byLibrary(Op.Product op, Span span) {
    Weights w = op.weights();
    long n = span.lanes();
    double seconds = 0;
    double flop = 0;
    double calls = 0;
    boolean finished = kernels.finishes(op.then());
    for (long first = 0; first < n; first += kernels.libraryLanes()) {
      long lanes = Math.min(kernels.libraryLanes(), n - first);
      double dram = libraryBytes(w) / card.readRate();
      double tensor = 2.0 * lanes * w.rows() * w.columns() * (1 + FEW / lanes) / card.libraryRate();
      seconds += Parts.together(dram, tensor);
      flop += tensor;
      calls += (finished ? 2 : 1) * CALL;
    }
    double products = finished ? 2.0 * kernels.productBytes() * n * w.rows() : 0;
    double passing = Costs.of(op, span).bytes() - w.bytes() + products;
    if (isCoded(w)) {
      passing += w.bytes() + libraryBytes(w);
      calls += CALL;
    }
    double through = passing / card.readRate();
    double weights =
        (double) libraryBytes(w) * Math.ceilDiv(n, kernels.libraryLanes()) / card.readRate();
    Map<Bound, Double> parts = new EnumMap<>(Bound.class);
    parts.put(Bound.DRAM, weights + through);
    parts.put(Bound.TENSOR, flop);
    parts.put(Bound.TAIL, calls);
    return new Expected(seconds + through + calls, parts);
  }

  /**
   * A head of keys and a lane, or eight lanes of one sequence, walk along the context. Where they
   * are many, a block takes several of a lane's heads; where they are few, a part of the context. A
   * whole page comes by one copy where the card has such copies and rows need not be filled up,
   * else row by row; what fills them up is multiplied all the same.
   */
  private Expected attention(Op.Attend op, Span span) {
    long lanes = span.lanes();
    double heads = op.cache().heads();
    int width = op.cache().headWidth();
    boolean whole = card.overlapsLaunches() && width == paddedWidth(width);
    double context = (double) span.attended() / lanes;
    double splits = Math.max(1, Math.ceil(context / SPLIT));
    double pages = Math.max(1, Math.ceil(context / KvCache.PAGE));
    double tile = Math.clamp((double) span.attended() / Math.max(1, span.distinct()), 1, TILE);
    double walkers = lanes / tile * heads;
    double many = walkers / ((double) ENOUGH * card.multiprocessors());
    double runs = many >= 1 ? Math.ceil(splits / kernels.run()) : splits;
    double together =
        Math.floor(Math.clamp(many * runs, 1, many < 1 ? 1 : Math.min(heads, kernels.together())));
    AttentionFigures figures = kernels.attention(op.cache().format());
    double block = figures.of(together, splits / runs, pages / runs);
    double rows = whole ? 0 : together * pages / runs * kernels.row();
    double instructions = walkers / together * runs * ATTENTION_WARPS * (block + rows);
    Parts parts = new Parts();
    double unused = 2 * heads * span.distinct() * beside(op.cache()); // of keys and of values
    parts.dram = (Costs.of(op, span).bytes() + unused) / card.readRate();
    parts.issue = instructions * paddedWidth(width) / COUNTED_WIDTH / (ISSUED * card.issueRate());
    return parts.expected(1, LOOK_UP);
  }

  /** Bytes of a row's last sector that nobody wants. */
  private static int beside(KvCache cache) {
    int wanted = cache.headWidth() * (cache.format() instanceof Format.Scaled ? 1 : Short.BYTES);
    return Math.ceilDiv(wanted, SECTOR) * SECTOR - wanted;
  }

  /** A kernel that moves some rows. */
  private Expected small(Op op, Span span) {
    Parts parts = new Parts();
    parts.dram = Costs.of(op, span).bytes() / card.readRate();
    return parts.expected(1, FINISH);
  }
}
