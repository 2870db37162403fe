package muninn.model.forward;

import java.util.List;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.GateMeasures;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Op;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.model.Config;

/**
 * What exit rules look at, and the latents that lanes speak from where that is not their last. Each
 * kind takes memory of its own, and is prepared when it is first asked for.
 */
public final class ExitPasses {
  private final Device device;
  private final Parameters parameters;
  private final ForwardPrograms written;
  private final int width;
  private final int vocabulary;
  private final int rows;

  // null until the first of a kind
  private Watched<LatentMeasures> latentWatch;
  private Watched<OutputMeasures> outputWatch;
  private Reading<GateMeasures> gate;
  private Chosen chosen;

  /** Latents that lanes speak from later: to choose it, to speak from it, and to think on. */
  private record Chosen(Routine choose, Routine enter, Routine leave) {}

  /** What is remembered of lanes, and how far they have moved from it. */
  private record Watched<R>(Routine watch, Reading<R> look) {}

  ExitPasses(
      Device device, Parameters parameters, ForwardPrograms written, Config config, int rows) {
    this.device = device;
    this.parameters = parameters;
    this.written = written;
    this.rows = rows;
    width = config.width();
    vocabulary = config.vocabulary();
  }

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
      Buffer before = device.operand(rows, width).byRow();
      Program watch =
          new Program("watch latents", Role.EXIT, List.of(new Op.Move(written.s, before)));
      latentWatch =
          new Watched<>(
              device.prepare(watch), device.prepare(new Op.LatentLook(written.s, before)));
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
      gate = device.prepare(new Op.GateLook(written.s, parameters.gate(), parameters.gateBias()));
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
      Buffer before = device.buffer(rows, vocabulary).byRow();
      Program watch = new Program("watch outputs", Role.EXIT, List.of(new Op.Clear(before)));
      outputWatch =
          new Watched<>(
              device.prepare(watch), device.prepare(new Op.OutputLook(written.logits, before)));
    }
    return outputWatch;
  }

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
      Buffer choice = device.operand(rows, width).byRow();
      Buffer own = device.operand(rows, width).byRow();
      chosen =
          new Chosen(
              exit("choose", new Op.Move(written.s, choice)),
              exit("enter the chosen", new Op.Move(written.s, own), new Op.Move(choice, written.s)),
              exit("leave the chosen", new Op.Move(own, written.s)));
    }
    return chosen;
  }

  private Routine exit(String name, Op... ops) {
    return device.prepare(new Program(name, Role.EXIT, List.of(ops)));
  }
}
