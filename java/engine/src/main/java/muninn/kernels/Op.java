package muninn.kernels;

/**
 * One fused operation of a forward pass, as data: what it reads, its weights, and where its result
 * goes. Devices make it ready and run it on lane tables ({@link Device#prepare(Program)}); costs,
 * profiles and benchmarks read it as it is.
 *
 * <p>n stands for the lanes of a table, d for a model's width, H and D for heads of queries and
 * head width, K for heads of keys and values, which divides H. In the formulas {@code x[m]} is lane
 * m's row of x, wherever the buffer has that ({@link Buffer#isByRow}). A lane's result never
 * depends on the other lanes of its table. Whatever products and attention read and write between
 * them is an operand ({@link Device#operand}); the rest is float32.
 */
public sealed interface Op {

  /** What measurements call it. */
  String name();

  /**
   * {@code out[m] = table[token(m)] · scale}; records the token in its sequence, whose position now
   * has appended nothing to slots that depend on the group.
   *
   * @param table {@code [V, d]}
   * @param sampled where tokens are that the host does not know ({@link Lanes#sampledIn})
   * @param out float32
   */
  record Embed(Weights table, float scale, Sampled sampled, Sequences sequences, Buffer out)
      implements Op {
    @Override
    public String name() {
      return "embed";
    }
  }

  /**
   * {@code out[m] =} the latent that a position starts from: zero where the sequence's init scale
   * is 0, else {@code deviation · initScale · z · scale} with z normal, truncated at ±3, drawn for
   * (seed, position, element) alone.
   */
  record InitialState(float deviation, float scale, Sequences sequences, Buffer out) implements Op {
    @Override
    public String name() {
      return "initial state";
    }
  }

  /** {@code to[m] = from[m]}, in the other's type. */
  record Move(Buffer from, Buffer to) implements Op {
    @Override
    public String name() {
      return "move";
    }
  }

  /** {@code to[m] = 0}. */
  record Clear(Buffer to) implements Op {
    @Override
    public String name() {
      return "clear";
    }
  }

  /**
   * {@code out[m] = rms(x[m]) · weight}, plus {@code residual[m]} where there is one; {@code rms(v)
   * = v / sqrt(mean(v²) + eps)} (Zhang &amp; Sennrich 2019).
   *
   * @param weight {@code [1, d]}
   * @param residual float32, may be {@code out}; null for none
   */
  record Norm(Buffer x, Buffer weight, float eps, Buffer residual, Buffer out) implements Op {
    public Norm(Buffer x, Buffer weight, float eps, Buffer out) {
      this(x, weight, eps, null, out);
    }

    @Override
    public String name() {
      return "norm";
    }
  }

  /**
   * Two norms, the second of what the first has written: the joint of two branches.
   *
   * @param first from float32 to float32, by place
   * @param second without residual, to an operand
   */
  record NormPair(Norm first, Norm second) implements Op {
    @Override
    public String name() {
      return "norm pair";
    }
  }

  /**
   * {@code W · x[m]}, and what becomes of it.
   *
   * @param name what measurements call it, since all products are one operation
   * @param weights {@code [rows, columns]}
   */
  record Product(String name, Source in, Weights weights, Epilogue then) implements Op {
    /** Of one operand. */
    public Product(String name, Buffer x, Weights weights, Epilogue then) {
      this(name, new Source.Table(x), weights, then);
    }
  }

  /** What a product multiplies. */
  sealed interface Source {
    /** An operand by place, {@code [≥n, columns]}. */
    record Table(Buffer x) implements Source {}

    /** Two operands by row side by side, {@code [first[m] ; second[m]]}. */
    record Joined(Buffer first, Buffer second) implements Source {}
  }

  /** What becomes of a product. */
  sealed interface Epilogue {
    /** {@code out[m] =} the product; float32. */
    record Store(Buffer out) implements Epilogue {}

    /** {@code out[m] =} the product {@code + residual[m]}; float32, may be one buffer. */
    record Add(Buffer residual, Buffer out) implements Epilogue {}

    /**
     * {@code out[m] = silu(gate) · up}, the product being {@code [gate ; up]} (Shazeer 2020).
     *
     * @param out operand {@code [≥n, I]}
     */
    record Gate(Buffer out) implements Epilogue {}

    /**
     * The product is {@code [q ; k ; v]}, of H, K and K heads: bias or norms, then rotation of q
     * and k; q to {@code q[m]}, k and v appended to the cache at (sequence, slot, position). Where
     * the slot depends on the group, the position has now reached the lane's group, which stays the
     * deepest until {@link Embed} begins the position anew.
     *
     * @param bias {@code H·D + K·D} elements, added to q and k; null for none
     * @param norms of q and k; null for none
     * @param rope {@code [positions, D]}: cosine and sine of each pair of neighbours, interleaved
     * @param cache of K heads
     * @param q operand {@code [≥n, H·D]}
     */
    record Heads(
        Buffer bias,
        HeadNorms norms,
        Buffer rope,
        Sequences sequences,
        KvCache cache,
        KvSlot slot,
        Buffer q)
        implements Epilogue {
      public Heads {
        if (bias != null && norms != null) {
          throw new IllegalArgumentException("heads have a bias or norms, not both");
        }
      }
    }
  }

  /**
   * Norms over all heads of a lane's query, and of its key.
   *
   * @param q {@code [1, H·D]}
   * @param k {@code [1, K·D]}
   */
  record HeadNorms(Buffer q, Buffer k, float eps) {}

  /**
   * Causal softmax attention of each lane over the positions 0 … its own in its sequence, at scale
   * {@code 1/√D}; H/K neighbouring heads of queries share one of keys and values. A lane at group g
   * reads of each position the slot of group g or, of one that never reached g, of the deepest that
   * it did reach; every key it reads must have been appended before.
   *
   * @param q operand {@code [≥n, H·D]}, {@code out} the same
   */
  record Attend(Buffer q, Sequences sequences, KvCache cache, KvSlot slot, Buffer out)
      implements Op {
    @Override
    public String name() {
      return "attention";
    }
  }

  /**
   * Draws each lane's next token from {@code logits[m]} by its sequence's parameters: repetition
   * penalty over the tokens up to its position, temperature, top-k, top-p, min-p, then the arg-max
   * of {@code logit + gumbel(seed, position, token)}; the lowest id wins a tie. Leaves it in {@code
   * sampled} at the lane's row. Logits that are not numbers draw −1, and leave any token there.
   *
   * @param logits {@code [≥n, V]}, left as they are
   */
  record Draw(Buffer logits, Sequences sequences, Sampled sampled) implements Op {
    @Override
    public String name() {
      return "draw";
    }
  }

  /**
   * How far each latent moved since it was last measured; then {@code before[m] = s[m]}. Before a
   * position's first step {@code before} is to be its initial latent.
   *
   * @param s operand by row, as {@code before}, which has its shape
   */
  record LatentLook(Buffer s, Buffer before) implements Op {
    @Override
    public String name() {
      return "look at latents";
    }
  }

  /**
   * What a trained gate says of each latent: {@code sigmoid(weight · s[m] + bias)}.
   *
   * @param s operand by row
   * @param weight {@code [1, d]}
   * @param bias {@code [1, 1]}
   */
  record GateLook(Buffer s, Buffer weight, Buffer bias) implements Op {
    @Override
    public String name() {
      return "look at the gate";
    }
  }

  /**
   * How far each prediction moved since it was last measured; then {@code before[m] = logits[m]}.
   * Before a position's first look zeros in {@code before} are the uniform distribution.
   *
   * @param logits {@code [≥n, V]}
   * @param before {@code [rows, V]}, by row
   */
  record OutputLook(Buffer logits, Buffer before) implements Op {
    @Override
    public String name() {
      return "look at outputs";
    }
  }
}
