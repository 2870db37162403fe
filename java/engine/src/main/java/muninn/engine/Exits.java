package muninn.engine;

import java.util.ArrayList;
import java.util.List;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.OutputMeasures;
import muninn.model.Forward;

/**
 * Asks the exit rules of the lanes of a tick whether these have had enough. What a rule looks at is
 * measured on the device for all lanes that ask at once, and waited for: the host cannot run ahead
 * of a decision that is its own.
 */
final class Exits {
  private final Forward forward;
  private final Lanes latents;
  private final Lanes outputs;

  Exits(Device device, Forward forward, int rows) {
    this.forward = forward;
    latents = device.lanes(rows);
    outputs = device.lanes(rows);
  }

  /** Begins to watch lanes that were opened just now. */
  void watch(List<Lane> opened) {
    latents.clear();
    outputs.clear();
    for (Lane lane : opened) {
      if (lane.watch != null) {
        Lanes table =
            switch (lane.sequence.sees) {
              case LATENT -> latents;
              case OUTPUT -> outputs;
            };
        lane.addTo(table);
      }
    }
    forward.watchLatents(latents);
    forward.watchOutputs(outputs);
  }

  /** Asks the rules that look at latents. */
  void askLatents(List<Lane> live) {
    List<Lane> asking = asking(live, ExitRule.Sees.LATENT);
    fill(latents, asking);
    if (asking.isEmpty()) {
      return;
    }
    LatentMeasures.Result seen = forward.latentMeasures(latents).await();
    for (int i = 0; i < asking.size(); i++) {
      float change = seen.change()[i];
      float cosine = seen.cosine()[i];
      int step = asking.get(i).steps;
      ask(
          asking.get(i),
          new ExitRule.Look(step, change, cosine, Float.NaN, Float.NaN, Float.NaN, -1));
    }
  }

  /** The lanes whose rules want to see the output; it is their turn in {@link #askOutputs}. */
  static List<Lane> wantingOutputs(List<Lane> live) {
    return asking(live, ExitRule.Sees.OUTPUT);
  }

  /** Asks them, once they have spoken. */
  void askOutputs(List<Lane> asking) {
    fill(outputs, asking);
    if (asking.isEmpty()) {
      return;
    }
    OutputMeasures.Result seen = forward.look(outputs).await();
    for (int i = 0; i < asking.size(); i++) {
      ask(
          asking.get(i),
          new ExitRule.Look(
              asking.get(i).steps,
              Float.NaN,
              Float.NaN,
              seen.kl()[i],
              seen.minpKl()[i],
              seen.entropy()[i],
              seen.argmax()[i]));
    }
  }

  private static void ask(Lane lane, ExitRule.Look look) {
    try {
      if (lane.watch.enough(look)) {
        lane.ruleFired();
      }
    } catch (RuntimeException e) {
      lane.sequence.failure = e;
    }
  }

  private static List<Lane> asking(List<Lane> live, ExitRule.Sees sees) {
    List<Lane> asking = new ArrayList<>();
    for (Lane lane : live) {
      if (lane.asks(sees)) {
        asking.add(lane);
      }
    }
    return asking;
  }

  private static void fill(Lanes table, List<Lane> lanes) {
    table.clear();
    lanes.forEach(lane -> lane.addTo(table));
  }
}
