package muninn.engine;

import java.util.List;

/**
 * Shows the positions of observed requests to who looks at them. That is the user's own code:
 * whatever it throws fails the answer that it looks at, and no other.
 */
final class Inspections {
  private final Batch batch;
  private final Passes passes;

  Inspections(Batch batch, Passes passes) {
    this.batch = batch;
    this.passes = passes;
  }

  /** Shows lanes that were opened just now. What fails here ends with the plan that opened them. */
  void opened(List<Lane> lanes) {
    for (Lane lane : lanes) {
      show(lane, inspector -> inspector.begins(lane.position, () -> passes.state(lane)));
    }
  }

  /** Shows lanes that have just spoken; some may be gone, for their rules threw. */
  void spoke(List<Lane> lanes) {
    for (Lane lane : lanes) {
      if (lane.state() == Lane.State.SQUASHED) {
        continue;
      }
      Inspector.Latents latents =
          new Inspector.Latents(
              () -> passes.state(lane), () -> passes.normed(lane), () -> passes.gate(lane));
      show(
          lane,
          inspector -> inspector.speaks(lane.position, lane.steps(), passes.logits(lane), latents));
    }
    batch.failBroken();
  }

  private interface Look {
    void at(Inspector inspector);
  }

  private void show(Lane lane, Look look) {
    Sequence sequence = batch.of(lane);
    if (!sequence.isLookedAt(lane) || sequence.failure() != null) {
      return;
    }
    try {
      look.at(sequence.inspector);
    } catch (Throwable thrown) {
      sequence.fail(thrown);
    }
  }
}
