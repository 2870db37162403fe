package muninn.model;

import java.util.List;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;

/**
 * The forward pass of a recurrent-depth model (Geiping et al. 2025, "Scaling up Test-Time Compute
 * with Latent Reasoning"), written once for every device. A position passes the {@link #prelude}
 * once, the {@link #core} as many times as it thinks, and the {@link #coda} when it speaks; each
 * call does so for all lanes of a table, whatever their sequence, position or step.
 */
public final class Forward {
  private final Config config;
  private final Parameters parameters;
  private final Device device;
  private final KvCache cache;
  private final Sequences sequences;

  // What outlives a tick, by lane row.
  private final Buffer e; // [rows, d] input embedding
  private final Buffer s; // [rows, d] latent state
  private final Device.Sampled sampled; // [rows]
  private final Buffer latentBefore; // [rows, d] when last measured
  private final Buffer logits; // [rows, V] what was said last
  private final Buffer logitsBefore; // [rows, V] when last measured

  // Scratch of one stage, by place in its lane table.
  private final Buffer x; // [rows, d] residual stream
  private final Buffer h; // [rows, d] normed
  private final Buffer q; // [rows, d]
  private final Buffer a; // [rows, d] attention
  private final Buffer y; // [rows, d] before the sandwich's outer norm
  private final Buffer g; // [rows, I]

  /**
   * @param rows most lanes of a tick
   * @param sequences sized for {@link #slots}
   */
  public Forward(
      Config config,
      Parameters parameters,
      Device device,
      KvCache cache,
      Sequences sequences,
      int rows) {
    this.config = config;
    this.parameters = parameters;
    this.device = device;
    this.cache = cache;
    this.sequences = sequences;
    int d = config.width();
    e = device.operand(rows, d);
    s = device.operand(rows, d);
    sampled = device.sampled(rows);
    latentBefore = device.operand(rows, d);
    logits = device.buffer(rows, config.vocabulary()).byRow();
    logitsBefore = device.buffer(rows, config.vocabulary());
    x = device.buffer(rows, d);
    h = device.operand(rows, d);
    q = device.operand(rows, d);
    a = device.operand(rows, d);
    y = device.buffer(rows, d);
    g = device.operand(rows, config.ffn());
  }

  /** Opens positions: {@code e = prelude(wte[token] · √d)}. */
  public void prelude(Lanes lanes) {
    device.stage(
        "prelude",
        lanes,
        () -> {
          float scale = config.embeddingScale();
          device.embed(lanes, parameters.embedding(), scale, sampled, sequences, x);
          blocks(lanes, parameters.prelude(), 0, 0);
          device.scatter(lanes, x, e);
        });
  }

  /** Starts lanes from latents of their own. */
  public void begin(Lanes lanes) {
    device.stage(
        "begin",
        lanes,
        () -> {
          device.initialState(lanes, config.stateDeviation(), sequences, s);
        });
  }

  /**
   * Starts lanes from the final latents of their rows' last lanes: {@code s = ln_f(s)}, what the
   * coda made of the thought.
   */
  public void carryOn(Lanes lanes) {
    device.stage(
        "carry on",
        lanes,
        () -> {
          device.gatherNorm(lanes, s, parameters.finalNorm(), config.normEps(), x);
          device.scatter(lanes, x, s);
        });
  }

  /** Remembers where lanes start, for their first {@link #latentMeasures}. */
  public void watchLatents(Lanes lanes) {
    device.stage("watch latents", lanes, () -> device.copyRows(lanes, s, latentBefore));
  }

  /** Makes the uniform distribution what the first {@link #look} compares with. */
  public void watchOutputs(Lanes lanes) {
    device.stage("watch outputs", lanes, () -> device.clearRows(lanes, logitsBefore));
  }

  /** How far latents moved since they were last measured. */
  public LatentMeasures latentMeasures(Lanes lanes) {
    return device.latentMeasures(lanes, s, latentBefore);
  }

  /** One recurrence step: {@code s = core(adapter · [s ; e])}. */
  public void core(Lanes lanes) {
    device.stage(
        "core",
        lanes,
        () -> {
          device.adapter(lanes, s, e, parameters.adapter(), x);
          blocks(lanes, parameters.core(), config.prelude() + config.coda(), config.core());
          device.scatter(lanes, x, s);
        });
  }

  /**
   * Lets positions speak: {@code logits = wte · ln_f(coda(ln_f(s)))}, which stay until their row
   * speaks again.
   *
   * @param leaving lanes that leave their keys in the coda
   * @param speaking the first few of them, whose prediction is wanted
   */
  public void speak(Lanes leaving, Lanes speaking) {
    device.stage(
        "coda",
        leaving,
        () -> {
          device.gatherNorm(leaving, s, parameters.finalNorm(), config.normEps(), x);
          blocks(leaving, parameters.coda(), config.prelude(), 0);
        });
    device.stage(
        "head",
        speaking,
        () -> {
          device.norm(speaking, x, parameters.finalNorm(), config.normEps(), h);
          device.linear(speaking, h, parameters.embedding(), logits);
        });
  }

  /**
   * How far predictions moved since they were last looked at.
   *
   * @param lanes any that have spoken
   */
  public OutputMeasures look(Lanes lanes) {
    return device.outputMeasures(lanes, logits, logitsBefore);
  }

  /**
   * Draws tokens from what lanes said.
   *
   * @param lanes any that have spoken
   */
  public Samples draw(Lanes lanes) {
    return device.sample(lanes, logits, sequences, sampled);
  }

  /** The latent states {@code [rows, d]}, as the next step will take them. */
  public Buffer latents() {
    return s;
  }

  /** Logits {@code [V]} of what the lane in this row said last. */
  public float[] logits(int row) {
    return device.read(logits, row);
  }

  /** Latent state {@code [d]} of a lane's row as it is now. */
  public float[] state(int row) {
    return device.read(s, row);
  }

  /** Latent {@code [d]} as it is now, after {@code ln_f}, of the lane at this place in a table. */
  public float[] latent(Lanes lanes, int lane) {
    device.gatherNorm(lanes, s, parameters.finalNorm(), config.normEps(), h);
    return device.read(h, lane);
  }

  /**
   * The blocks of one stage, in place on x. A block's last norm and the next one's first are one
   * operation.
   */
  private void blocks(Lanes lanes, List<Parameters.Block> blocks, int firstSlot, int perGroup) {
    float eps = config.normEps();
    for (int i = 0; i < blocks.size(); i++) {
      Parameters.Block w = blocks.get(i);
      if (i == 0) {
        device.norm(lanes, x, w.norm1(), eps, h);
      } else {
        device.normNorm(lanes, y, blocks.get(i - 1).norm4(), x, w.norm1(), eps, h);
      }
      block(lanes, w, new KvSlot(firstSlot + i, perGroup));
    }
    if (!blocks.isEmpty()) {
      device.norm(lanes, y, blocks.getLast().norm4(), eps, x);
    }
  }

  /**
   * {@code x = norm_2(attn(norm_1 x) + x)}, then {@code x = norm_4(mlp(norm_3 x) + x)}, but for the
   * first norm, which is in h already, and the last, which y waits for.
   */
  private void block(Lanes lanes, Parameters.Block w, KvSlot slot) {
    float eps = config.normEps();
    Buffer rope = parameters.rope();
    device.queryKeyValue(lanes, h, w.qkv(), w.qkBias(), rope, sequences, cache, slot, q);
    device.attention(lanes, q, sequences, cache, slot, a);
    device.linearAdd(lanes, a, w.attnOut(), x, y);
    device.normNorm(lanes, y, w.norm2(), x, w.norm3(), eps, h);
    device.swiglu(lanes, h, w.gateUp(), g);
    device.linearAdd(lanes, g, w.mlpOut(), x, y);
  }

  /** KV slots of a sequence whose core uses this many slot groups. */
  public static int slots(Config config, int groups) {
    return config.prelude() + config.coda() + config.core() * groups;
  }
}
