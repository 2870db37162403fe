package muninn.engine;

import java.util.List;
import java.util.stream.Stream;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Samples;
import muninn.model.Forward;

/**
 * The passes of the forward pass over lists of lanes: fills the device's lane tables, and sees to
 * it that every key has a page before it is written.
 */
final class Passes {
  private final Forward forward;
  private final Monitors monitors;

  private final Lanes opening;
  private final Lanes beginning;
  private final Lanes carryingOn;
  private final Lanes thinking;
  private final Lanes leaving;
  private final Lanes speaking;
  private final Lanes drawing;

  /**
   * @param rows most lanes of a tick
   */
  Passes(Device device, Forward forward, int rows, Monitors monitors) {
    this.forward = forward;
    this.monitors = monitors;
    opening = device.lanes(rows);
    beginning = device.lanes(rows);
    carryingOn = device.lanes(rows);
    thinking = device.lanes(rows);
    leaving = device.lanes(rows);
    speaking = device.lanes(rows);
    drawing = device.lanes(rows);
  }

  /** Embeds new lanes and gives them the latents they start from. */
  void open(List<Lane> lanes) {
    opening.clear();
    beginning.clear();
    carryingOn.clear();
    for (Lane lane : lanes) {
      lane.sequence.pages.hold(lane.position);
      lane.addTo(opening);
      lane.addTo(lane.sequence.carriesOn(lane) ? carryingOn : beginning);
    }
    monitors.pass(Monitor.Pass.OPEN, lanes);
    forward.prelude(opening);
    forward.begin(beginning);
    forward.carryOn(carryingOn);
    for (Lane lane : lanes) {
      if (lane.sequence.inspector != null) {
        lane.sequence.inspector.begins(lane.position, () -> forward.state(lane.row));
      }
    }
  }

  /** One recurrence step of every lane. */
  void think(List<Lane> lanes) {
    monitors.pass(Monitor.Pass.THINK, lanes);
    thinking.clear();
    for (Lane lane : lanes) {
      int group = lane.sequence.pages.hold(lane.position, lane.steps);
      thinking.add(lane.row, lane.sequence.slot, lane.position, group, lane.token);
      lane.steps++;
    }
    forward.core(thinking);
  }

  /** Passes the coda, to leave keys there; of those that speak, the head too. */
  void speak(List<Lane> speakers, List<Lane> silent) {
    speaking.clear();
    leaving.clear();
    for (Lane lane : speakers) {
      lane.addTo(speaking);
      lane.addTo(leaving);
    }
    silent.forEach(lane -> lane.addTo(leaving));
    monitors.pass(Monitor.Pass.SPEAK, Stream.concat(speakers.stream(), silent.stream()).toList());
    forward.speak(leaving, speaking);
  }

  /** Draws the tokens of lanes that have spoken. */
  Samples draw(List<Lane> lanes) {
    drawing.clear();
    lanes.forEach(lane -> lane.addTo(drawing));
    return forward.draw(drawing);
  }

  /** Shows an inspector what the lane at this place has just said. */
  void inspect(Lane lane, int place) {
    if (lane.sequence.inspector != null) {
      lane.sequence.inspector.speaks(
          lane.position,
          lane.steps,
          forward.logits(lane.row),
          new Inspector.Latents(
              () -> forward.state(lane.row), () -> forward.latent(leaving, place)));
    }
  }
}
