package muninn.model;

import java.util.ArrayList;
import java.util.List;
import muninn.kernels.Buffer;
import muninn.kernels.Costs;
import muninn.kernels.Device;
import muninn.kernels.Fusion;
import muninn.kernels.GateMeasures;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Sampled;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.kernels.Span;
import muninn.kernels.Weights;

/**
 * The forward pass of a recurrent-depth model (Geiping et al. 2025, "Scaling up Test-Time Compute
 * with Latent Reasoning"), written once for every device, as programs. A position passes the {@link
 * #prelude} once, the {@link #core} as many times as it thinks, and coda and head when it {@link
 * #speak}s; each call does so for all lanes of a table, whatever their sequence, position or step.
 */
public final class Forward {
  private final Architecture architecture;
  private final Config config;
  private final Parameters parameters;
  private final Device device;
  private final KvCache cache;
  private final Sequences sequences;
  private final int rows;

  // What a lane has of its own, by row.
  private final Buffer e; // [rows, d] input embedding
  private final Buffer s; // [rows, d] latent state
  private final Buffer c; // [rows, d] what the coda made of it
  private final Buffer logits; // [rows, V] what was said last
  private final Sampled sampled; // [rows]

  // Scratch of one program, by place in its lane table.
  private final Buffer x; // [rows, d] residual stream
  private final Buffer h; // [rows, d] normed
  private final Buffer q; // [rows, H·D]
  private final Buffer a; // [rows, H·D] attention
  private final Buffer y; // [rows, d] a branch's result, or the sum, before a norm
  private final Buffer g; // [rows, I]
  private final Buffer rope; // [positions, D] cosine and sine of each pair

  private final List<Program> programs = new ArrayList<>();
  private final Routine prelude;
  private final Routine begin;
  private final Routine normStates;
  private final Routine core;
  private final Routine firstStep; // the same where a first step is as any other
  private final Routine coda;
  private final Routine head;
  private final Reading<Samples> draw;
  private final Routine asRead;

  // What exit rules compare with; null until the first of a kind.
  private Watched<LatentMeasures> latentWatch;
  private Watched<OutputMeasures> outputWatch;
  private Reading<GateMeasures> gate;
  private Chosen chosen;

  /** Latents that lanes speak from later: to choose it, to speak from it, and to think on. */
  private record Chosen(Routine choose, Routine enter, Routine leave) {}

  /** What is remembered of lanes, and how far they have moved from it. */
  private record Watched<R>(Routine watch, Reading<R> look) {}

  /**
   * @param rows most lanes of a tick
   * @param sequences sized for {@link #slots}
   */
  public Forward(
      Architecture architecture,
      Config config,
      Parameters parameters,
      Device device,
      KvCache cache,
      Sequences sequences,
      int rows) {
    this.architecture = architecture;
    this.config = config;
    this.parameters = parameters;
    this.device = device;
    this.cache = cache;
    this.sequences = sequences;
    this.rows = rows;
    int d = config.width();
    e = device.operand(rows, d).byRow();
    s = device.operand(rows, d).byRow();
    c = device.buffer(rows, d).byRow();
    logits = device.buffer(rows, config.vocabulary()).byRow();
    sampled = device.sampled(rows);
    x = device.buffer(rows, d);
    h = device.operand(rows, d);
    q = device.operand(rows, config.queryWidth());
    a = device.operand(rows, config.queryWidth());
    y = device.buffer(rows, d);
    g = device.operand(rows, config.ffn());
    rope = config.rope().table(device, sequences.positions(), config.headWidth());

    prelude = prepare("prelude", Role.PRELUDE, preludeOps());
    begin = prepare("begin", Role.START, List.of(startOp()));
    normStates = prepare("norm states", Role.START, normStatesOps());
    core = prepare("core", Role.CORE, coreOps());
    firstStep =
        firstStepDiffers() ? prepare("first step", Role.CORE, coreOps(new Op.Move(e, x))) : core;
    coda = prepare("coda", Role.CODA, codaOps());
    head = prepare("head", Role.HEAD, headOps());
    Op.Draw drawOp = new Op.Draw(logits, sequences, sampled);
    programs.add(Program.of(Role.DRAW, drawOp));
    draw = device.prepare(drawOp);
    boolean last = config.coda() == 0 && architecture.norm().atEnd();
    Op read = last || architecture.norm().beforeCoda() ? norm(s, h) : new Op.Move(s, h);
    asRead = device.prepare(Program.of(Role.EXIT, read));
  }

  private Routine prepare(String name, Role role, List<Op> ops) {
    Program program = new Program(name, role, Fusion.of(ops));
    programs.add(program);
    return device.prepare(program);
  }

  // The programs, from a token to the next

  /** {@code e = prelude(embedding[token] · scale)}. */
  private List<Op> preludeOps() {
    List<Op> ops = new ArrayList<>();
    ops.add(new Op.Embed(parameters.embedding(), config.embeddingScale(), sampled, sequences, x));
    blocks(ops, parameters.prelude(), 0, 0);
    ops.add(new Op.Move(x, e));
    return ops;
  }

  /** {@code s = s0}. */
  private Op startOp() {
    return switch (architecture.start()) {
      case NORMAL ->
          new Op.InitialState(config.stateDeviation(), config.embeddingScale(), sequences, s);
      case EMBEDDING, UNADAPTED -> new Op.Move(e, s);
    };
  }

  /** {@code s =} what the coda makes of the thought before. */
  private List<Op> normStatesOps() {
    return architecture.norm().beforeCoda() ? List.of(norm(s, s)) : List.of();
  }

  /** {@code s = core(adapter · [s ; e])}, or {@code core(s)}. */
  private List<Op> coreOps() {
    return coreOps(
        architecture.injects()
            ? new Op.Product(
                "adapter", new Op.Source.Joined(s, e), parameters.adapter(), new Epilogue.Store(x))
            : new Op.Move(s, x));
  }

  /**
   * @param enter makes of state and input embedding what the blocks begin with
   */
  private List<Op> coreOps(Op enter) {
    List<Op> ops = new ArrayList<>();
    ops.add(enter);
    blocks(ops, parameters.core(), config.prelude() + config.coda(), config.core());
    if (architecture.norm().afterStep()) {
      ops.add(norm(x, x));
    }
    ops.add(new Op.Move(x, s));
    return ops;
  }

  /** {@code c = coda(s)}, which may read s through the norm. */
  private List<Op> codaOps() {
    List<Op> ops = new ArrayList<>();
    ops.add(architecture.norm().beforeCoda() ? norm(s, x) : new Op.Move(s, x));
    blocks(ops, parameters.coda(), config.prelude(), 0);
    ops.add(new Op.Move(x, c));
    return ops;
  }

  /** {@code logits = head · c}, which may be read through the norm. */
  private List<Op> headOps() {
    return List.of(
        architecture.norm().atEnd() ? norm(c, h) : new Op.Move(c, h),
        new Op.Product("head", h, parameters.head(), new Epilogue.Store(logits)));
  }

  /** Through the norm outside blocks. */
  private Op norm(Buffer from, Buffer to) {
    return norm(from, parameters.norm(), to);
  }

  private Op norm(Buffer from, Buffer weight, Buffer to) {
    return new Op.Norm(from, weight, config.normEps(), to);
  }

  /** The blocks of one stage, in place on x. */
  private void blocks(List<Op> ops, List<Parameters.Block> blocks, int firstSlot, int perGroup) {
    for (int i = 0; i < blocks.size(); i++) {
      block(ops, blocks.get(i), new KvSlot(firstSlot + i, perGroup));
    }
  }

  /** Attention, then the MLP, each a branch of x. */
  private void block(List<Op> ops, Parameters.Block w, KvSlot slot) {
    enter(ops, w.attention());
    ops.add(heads(w, slot));
    ops.add(new Op.Attend(q, sequences, cache, slot, a));
    leave(ops, w.attention(), "attention out", a, w.attentionOut());
    enter(ops, w.mlp());
    ops.add(new Op.Product("gate up", h, w.gateUp(), new Epilogue.Gate(g)));
    leave(ops, w.mlp(), "mlp out", g, w.mlpOut());
  }

  /** {@code h = before(x)}. */
  private void enter(List<Op> ops, Parameters.Branch norms) {
    ops.add(norms.before() == null ? new Op.Move(x, h) : norm(x, norms.before(), h));
  }

  /** Queries to q, keys and values to the cache, of {@code queryKeyValue · h}. */
  private Op heads(Parameters.Block w, KvSlot slot) {
    Op.HeadNorms norms =
        w.queryNorm() == null
            ? null
            : new Op.HeadNorms(w.queryNorm(), w.keyNorm(), config.normEps());
    return new Op.Product(
        "qkv",
        h,
        w.queryKeyValue(),
        new Epilogue.Heads(w.queryKeyBias(), norms, rope, sequences, cache, slot, q));
  }

  /** {@code x = onSum(x + onBranch(W · in))}. */
  private void leave(
      List<Op> ops, Parameters.Branch norms, String name, Buffer in, Weights weights) {
    if (norms.onBranch() == null) {
      Buffer sum = norms.onSum() == null ? x : y;
      ops.add(new Op.Product(name, in, weights, new Epilogue.Add(x, sum)));
      if (norms.onSum() != null) {
        ops.add(norm(y, norms.onSum(), x));
      }
      return;
    }
    ops.add(new Op.Product(name, in, weights, new Epilogue.Store(y)));
    ops.add(new Op.Norm(y, norms.onBranch(), config.normEps(), x, x));
    if (norms.onSum() != null) {
      ops.add(norm(x, norms.onSum(), x));
    }
  }

  /** What a token passes, in that order; for costs and measurements. */
  public List<Program> programs() {
    return List.copyOf(programs);
  }

  /** The first of a role. */
  public Program program(Role role) {
    return programs.stream().filter(p -> p.role() == role).findFirst().orElseThrow();
  }

  /** What a pass of coda and head costs, in steps of the core: products of one lane. */
  public double codaCost() {
    return (double) (products(Role.CODA) + products(Role.HEAD)) / products(Role.CORE);
  }

  /** What a pass of the prelude costs, in the same. */
  public double preludeCost() {
    return (double) products(Role.PRELUDE) / products(Role.CORE);
  }

  private long products(Role role) {
    return Costs.of(program(role), new Span(1, 0, 0)).flop();
  }

  // Their runs

  /** Opens positions: from tokens to input embeddings. */
  public void prelude(Lanes lanes) {
    prelude.run(lanes);
  }

  /** Starts lanes from latents of their own. */
  public void begin(Lanes lanes) {
    begin.run(lanes);
  }

  /** Starts lanes from the final latents of their rows' last lanes as the coda reads them. */
  public void normStates(Lanes lanes) {
    normStates.run(lanes);
  }

  /** One recurrence step of lanes that have taken some, or of any: {@link #firstStepDiffers}. */
  public void core(Lanes lanes) {
    core.run(lanes);
  }

  /** Whether the first step of a lane is another one than those behind it. */
  public boolean firstStepDiffers() {
    return architecture.start() == Architecture.Start.UNADAPTED;
  }

  /** The first recurrence step of lanes. */
  public void firstStep(Lanes lanes) {
    firstStep.run(lanes);
  }

  /**
   * Lets positions speak, by logits that stay until their row speaks again.
   *
   * @param leaving lanes that leave their keys in the coda
   * @param speaking those of them whose prediction is wanted
   */
  public void speak(Lanes leaving, Lanes speaking) {
    coda.run(leaving);
    head.run(speaking);
  }

  /**
   * Draws tokens from what lanes said.
   *
   * @param lanes any that have spoken
   */
  public Samples draw(Lanes lanes) {
    return draw.run(lanes);
  }

  // What exit rules look at

  /** Remembers where lanes start, for their first {@link #latentMeasures}. */
  public void watchLatents(Lanes lanes) {
    if (lanes.size() > 0) {
      latentWatch().watch.run(lanes);
    }
  }

  /** How far latents moved since they were last measured. */
  public LatentMeasures latentMeasures(Lanes lanes) {
    return latentWatch().look.run(lanes);
  }

  private Watched<LatentMeasures> latentWatch() {
    if (latentWatch == null) {
      Buffer before = device.operand(rows, config.width()).byRow();
      Program watch = new Program("watch latents", Role.EXIT, List.of(new Op.Move(s, before)));
      latentWatch =
          new Watched<>(device.prepare(watch), device.prepare(new Op.LatentLook(s, before)));
    }
    return latentWatch;
  }

  /** Whether the model was trained with a gate. */
  public boolean hasGate() {
    return parameters.gate() != null;
  }

  /** What the model's gate says of latents; of a model that has one. */
  public GateMeasures gate(Lanes lanes) {
    if (gate == null) {
      gate = device.prepare(new Op.GateLook(s, parameters.gate(), parameters.gateBias()));
    }
    return gate.run(lanes);
  }

  /** Makes the uniform distribution what the first {@link #look} compares with. */
  public void watchOutputs(Lanes lanes) {
    if (lanes.size() > 0) {
      outputWatch().watch.run(lanes);
    }
  }

  /**
   * How far predictions moved since they were last looked at.
   *
   * @param lanes any that have spoken
   */
  public OutputMeasures look(Lanes lanes) {
    return outputWatch().look.run(lanes);
  }

  private Watched<OutputMeasures> outputWatch() {
    if (outputWatch == null) {
      Buffer before = device.buffer(rows, config.vocabulary()).byRow();
      Program watch = new Program("watch outputs", Role.EXIT, List.of(new Op.Clear(before)));
      outputWatch =
          new Watched<>(device.prepare(watch), device.prepare(new Op.OutputLook(logits, before)));
    }
    return outputWatch;
  }

  // Speaking from another latent than the last

  /** Remembers latents as what lanes will speak from, however long they think on. */
  public void choose(Lanes lanes) {
    if (lanes.size() > 0) {
      chosen().choose.run(lanes);
    }
  }

  /** Makes what lanes have chosen their latents, until {@link #leaveChosen}. */
  public void enterChosen(Lanes lanes) {
    if (lanes.size() > 0) {
      chosen().enter.run(lanes);
    }
  }

  /** Gives lanes their own latents back, to think on. */
  public void leaveChosen(Lanes lanes) {
    if (lanes.size() > 0) {
      chosen().leave.run(lanes);
    }
  }

  private Chosen chosen() {
    if (chosen == null) {
      Buffer choice = device.operand(rows, config.width()).byRow();
      Buffer own = device.operand(rows, config.width()).byRow();
      chosen =
          new Chosen(
              exit("choose", new Op.Move(s, choice)),
              exit("enter the chosen", new Op.Move(s, own), new Op.Move(choice, s)),
              exit("leave the chosen", new Op.Move(own, s)));
    }
    return chosen;
  }

  private Routine exit(String name, Op... ops) {
    return device.prepare(new Program(name, Role.EXIT, List.of(ops)));
  }

  // For inspection

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

  /** Latent {@code [d]} as coda or head read it now, of the lane at this place in a table. */
  public float[] latent(Lanes lanes, int lane) {
    asRead.run(lanes);
    return device.read(h, lane);
  }

  /** KV slots of a sequence whose core uses this many slot groups. */
  public static int slots(Config config, int groups) {
    return config.prelude() + config.coda() + config.core() * groups;
  }
}
