package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A place where models run: memory as opaque handles, and the small set of fused operations that
 * the forward pass is written in. Operations are enqueued in order and may still be running when a
 * call returns; the host sees results only through {@link Samples#await} and {@link #read}. A
 * device belongs to one thread.
 *
 * <p>Every operation works on the lanes of one table; n stands for {@code lanes.size()}, d for the
 * model's width, H and D for heads and head width. A lane's result never depends on the other lanes
 * of its table; on a table without lanes an operation does nothing.
 *
 * <p>What products and attention read and write between them is an {@link #operand}: s, e, h, q, a
 * and g of the forward pass. The rest is float32.
 */
public interface Device extends AutoCloseable {

  /** What this device is, in a few words a user understands. */
  String name();

  /**
   * Ticks that the host should enqueue before it waits for the results of the oldest; 0: it need
   * not.
   */
  int ticksAhead();

  /** What it runs on, and with what: clocks, driver, versions, as far as it is known. */
  String platform();

  /** Bytes for keys and values where the user names none, once the weights are loaded. */
  long grantedBytes();

  /** Bytes that one KV page takes here. */
  long kvPageBytes(int heads, int headWidth);

  // Memory. Everything allocated lives until the device is closed.

  /**
   * A weight matrix, laid out as the device's linear operations want it. bfloat16 stays bfloat16.
   *
   * @param stored read from the device's own threads, and not again after the call; what reading
   *     throws passes through
   */
  Weights weights(Stored stored);

  /**
   * The same of a matrix in memory.
   *
   * @param data {@code rows · columns} little-endian elements, row-major, of a shared arena
   */
  default Weights weights(DType dtype, int rows, int columns, MemorySegment data) {
    return weights(Stored.of(dtype, rows, columns, data));
  }

  /**
   * A weight matrix that nobody has, so that speed can be measured without a checkpoint: numbers
   * around 0 that bfloat16 holds, drawn for (seed, element) alone, the same on every device.
   *
   * @param sigma their standard deviation
   */
  Weights randomWeights(long seed, int rows, int columns, float sigma);

  /**
   * A small table such as a norm's weights, widened to float32; {@code data} as for {@link
   * #weights(DType, int, int, MemorySegment)}.
   */
  Buffer table(DType dtype, int rows, int columns, MemorySegment data);

  /** Float32 activations, zero at first: the residual stream, logits. */
  Buffer buffer(int rows, int columns);

  /**
   * Activations that products and attention read, in the type that this device multiplies, zero at
   * first.
   */
  Buffer operand(int rows, int columns);

  /** An empty lane table for at most {@code capacity} lanes. */
  Lanes lanes(int capacity);

  KvCache kvCache(int pages, int heads, int headWidth);

  /**
   * Memory for {@code count} sequences of at most {@code positions} tokens and {@code slots} KV
   * slots.
   */
  Sequences sequences(int count, int positions, int slots);

  /** Token ids by row, for {@link #sample} to write and {@link #embed} to read. */
  Sampled sampled(int rows);

  /** See {@link #sampled}. */
  interface Sampled {}

  // Operations

  /**
   * Runs the operations of one stage, always the same ones for a name; a device may record them
   * once per number of lanes and replay the recording.
   */
  void stage(String name, Lanes lanes, Runnable operations);

  /**
   * {@code x[m] = embedding[token(m)] · scale}; records the token in its sequence, whose position
   * now has appended nothing to slots that depend on the group.
   *
   * @param embedding {@code [V, d]}
   * @param x {@code [≥n, d]}
   */
  void embed(
      Lanes lanes, Weights embedding, float scale, Sampled sampled, Sequences sequences, Buffer x);

  /**
   * {@code s[row(m)] =} the initial latent: zero where the sequence's init scale is 0, else {@code
   * sigma · initScale · z · √d} with z normal, truncated at ±3, drawn for (seed, position, element)
   * alone.
   *
   * @param sigma {@code sqrt(2/(5d))}, Takase et al. 2023, "Spike No More"
   * @param s {@code [rows, d]}
   */
  void initialState(Lanes lanes, float sigma, Sequences sequences, Buffer s);

  /**
   * {@code x[m] = W · [s[row(m)] ; e[row(m)]]}: the start of a recurrence step.
   *
   * @param weights {@code [d, 2d]}, the state's half first
   */
  void adapter(Lanes lanes, Buffer s, Buffer e, Weights weights, Buffer x);

  /** {@code out[row(m)] = x[m]}. */
  void scatter(Lanes lanes, Buffer x, Buffer out);

  /** {@code out[m] = rms(x[row(m)]) · weight}: the norm of what outlives a tick. */
  void gatherNorm(Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out);

  /**
   * {@code out[m] = rms(x[m]) · weight}; {@code rms(v) = v / sqrt(mean(v²) + eps)} (Zhang &amp;
   * Sennrich 2019).
   */
  void norm(Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out);

  /**
   * {@code x[m] = rms(y[m]) · after}, {@code out[m] = rms(x[m]) · before}: the joint of a sandwich
   * block.
   */
  void normNorm(
      Lanes lanes, Buffer y, Buffer after, Buffer x, Buffer before, float eps, Buffer out);

  /**
   * {@code [q;k;v] = W · x[m]}, then bias and rotation of q and k; q to {@code q[m]}, k and v
   * appended to the cache at (sequence, slot, position). Where the slot depends on the group, the
   * position has now reached the lane's group, which stays the deepest until {@link #embed} begins
   * the position anew.
   *
   * @param weights {@code [3·H·D, d]}
   * @param bias {@code [2, H·D]}, added to q and k before the rotation
   * @param rope {@code [positions, D]}: cosine and sine of each pair, interleaved
   */
  void queryKeyValue(
      Lanes lanes,
      Buffer x,
      Weights weights,
      Buffer bias,
      Buffer rope,
      Sequences sequences,
      KvCache cache,
      KvSlot slot,
      Buffer q);

  /**
   * Causal softmax attention of each lane over the positions 0 … its own in its sequence, at scale
   * {@code 1/√D}. A lane at group g reads of each position the slot of group g or, of one that
   * never reached g, of the deepest that it did reach; every key it reads must have been appended
   * before.
   *
   * @param q {@code [≥n, H·D]}, {@code out} the same
   */
  void attention(
      Lanes lanes, Buffer q, Sequences sequences, KvCache cache, KvSlot slot, Buffer out);

  /** {@code out[m] = W · x[m] + residual[m]}. */
  void linearAdd(Lanes lanes, Buffer x, Weights weights, Buffer residual, Buffer out);

  /**
   * {@code out[m] = silu(gate) · up} with {@code [gate;up] = W · x[m]} (Shazeer 2020).
   *
   * @param weights {@code [2·I, d]}, gate rows first
   * @param out {@code [≥n, I]}
   */
  void swiglu(Lanes lanes, Buffer x, Weights weights, Buffer out);

  /** {@code out[m] = W · x[m]}, or {@code out[row(m)]} where it is by row: the logits. */
  void linear(Lanes lanes, Buffer x, Weights weights, Buffer out);

  /**
   * Draws each lane's next token from {@code logits[m]} by its sequence's parameters: repetition
   * penalty over the tokens up to its position, temperature, top-k, top-p, min-p, then the arg-max
   * of {@code logit + gumbel(seed, position, token)}; the lowest id wins a tie. Leaves it in {@code
   * sampled} at the lane's row. Logits that are not numbers draw −1, and leave any token there.
   *
   * @param logits {@code [≥n, V]}, or by row, left as they are
   */
  Samples sample(Lanes lanes, Buffer logits, Sequences sequences, Sampled sampled);

  /**
   * How far each latent moved since it was last measured; then {@code previous[row(m)] =
   * s[row(m)]}. Before a position's first step {@link #copyRows} sets {@code previous} to its
   * initial latent.
   *
   * @param s {@code [rows, d]}, an operand as {@code previous}, which has its shape
   */
  LatentMeasures latentMeasures(Lanes lanes, Buffer s, Buffer previous);

  /**
   * How far each prediction moved since it was last measured; then {@code previous[row(m)] =
   * logits[m]}. Before a position's first look {@link #clearRows} makes {@code previous} the
   * uniform distribution.
   *
   * @param logits {@code [≥n, V]}, or by row
   * @param previous {@code [rows, V]}
   */
  OutputMeasures outputMeasures(Lanes lanes, Buffer logits, Buffer previous);

  /** {@code to[row(m)] = from[row(m)]}, two buffers of one kind. */
  void copyRows(Lanes lanes, Buffer from, Buffer to);

  /** {@code to[row(m)] = 0}. */
  void clearRows(Lanes lanes, Buffer to);

  // Measuring

  /** Waits until everything enqueued is done. */
  void synchronize();

  /** Marks this place in the order of operations. Not within a {@link #stage}. */
  Mark mark();

  /** Bytes that the last-level cache holds; 0 where that is not known. */
  long cacheBytes();

  /**
   * Yardsticks for measurements.
   *
   * @param readBytes memory to read; 0 leaves it to the device
   */
  Ceilings ceilings(long readBytes);

  /** Waits, and copies one row to the host. For inspection, not for the path of a token. */
  float[] read(Buffer buffer, int row);

  /** A buffer as other CUDA code sees it; empty where this device is no GPU. */
  default Optional<OnGpu> onGpu(Buffer buffer) {
    return Optional.empty();
  }

  /** Frees everything. */
  @Override
  void close();
}
