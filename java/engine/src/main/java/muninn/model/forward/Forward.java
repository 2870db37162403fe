package muninn.model.forward;

import java.util.ArrayList;
import java.util.List;
import muninn.kernels.Buffer;
import muninn.kernels.Costs;
import muninn.kernels.Device;
import muninn.kernels.Fusion;
import muninn.kernels.KvCache;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.kernels.Span;
import muninn.model.Architecture;
import muninn.model.Config;

/**
 * The forward pass of a recurrent-depth model (Geiping et al. 2025, "Scaling up Test-Time Compute
 * with Latent Reasoning") on a device: what {@link ForwardPrograms} says once for all of them is
 * prepared and run. A position passes the {@link #prelude} once, the {@link #core} as many times as
 * it thinks, and coda and head when it {@link #speak}s; each call does so for all lanes of a table,
 * whatever their sequence, position or step.
 */
public final class Forward {
  private final Architecture architecture;
  private final Device device;

  private final ForwardPrograms written;
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
  private final ExitPasses exits;

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
    this.device = device;
    written = new ForwardPrograms(architecture, config, parameters, device, cache, sequences, rows);
    prelude = prepare("prelude", Role.PRELUDE, written.prelude());
    begin = prepare("begin", Role.START, List.of(written.start()));
    normStates = prepare("norm states", Role.START, written.normStates());
    core = prepare("core", Role.CORE, written.core());
    firstStep = firstStepDiffers() ? prepare("first step", Role.CORE, written.firstStep()) : core;
    coda = prepare("coda", Role.CODA, written.coda());
    head = prepare("head", Role.HEAD, written.head());
    Op.Draw drawOp = new Op.Draw(written.logits, sequences, written.sampled);
    programs.add(Program.of(Role.DRAW, drawOp));
    draw = device.prepare(drawOp);
    asRead = device.prepare(Program.of(Role.EXIT, written.asRead()));
    exits = new ExitPasses(device, parameters, written, config, rows);
  }

  private Routine prepare(String name, Role role, List<Op> ops) {
    Program program = new Program(name, role, Fusion.of(ops));
    programs.add(program);
    return device.prepare(program);
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
   * @param speaking those of them whose prediction is wanted: the first of that table, in its order
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

  /** What exit rules look at, and latents that lanes speak from. */
  public ExitPasses exits() {
    return exits;
  }

  // For inspection

  /** The latent states {@code [rows, d]}, as the next step will take them. */
  public Buffer latents() {
    return written.s;
  }

  /** Logits {@code [V]} of what the lane in this row said last. */
  public float[] logits(int row) {
    return device.read(written.logits, row);
  }

  /** Latent state {@code [d]} of a lane's row as it is now. */
  public float[] state(int row) {
    return device.read(written.s, row);
  }

  /** Latent {@code [d]} as coda or head read it now, of the lane at this place in a table. */
  public float[] latent(Lanes lanes, int lane) {
    asRead.run(lanes);
    return device.read(written.h, lane);
  }

  /** KV slots of a sequence whose core uses this many slot groups. */
  public static int slots(Config config, int groups) {
    return config.prelude() + config.coda() + config.core() * groups;
  }
}
