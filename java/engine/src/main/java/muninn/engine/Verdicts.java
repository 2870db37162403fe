package muninn.engine;

import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.engine.Plan.Prediction;
import muninn.engine.answer.FinishReason;

/**
 * What drawn tokens mean for the lanes they were drawn from, and for those after them. A last token
 * goes to the answer; a guess opens the next position; what was built on another token than it
 * turned out is squashed.
 */
final class Verdicts {
  private final Batch batch;
  private final Monitors monitors;

  Verdicts(Batch batch, Monitors monitors) {
    this.batch = batch;
    this.monitors = monitors;
  }

  /**
   * Lanes that have passed the coda for the last time leave. One with others before or behind it
   * stays until its token is {@linkplain #absorb known}: it may itself be built on a wrong guess,
   * or they on one of its own.
   */
  void leave(Plan.Draw plan) {
    for (Prediction prediction : plan.predictions()) {
      if (prediction.last()) {
        prediction.lane().say();
      }
    }
    for (Lane lane : plan.leaving()) {
      Sequence sequence = batch.of(lane);
      boolean alone = sequence.wave.lanes().size() == 1;
      if (lane.inPrompt() || alone || !sequence.drafts.speculates()) {
        batch.leave(lane);
      }
    }
  }

  /**
   * Takes in what was drawn, in the order of the predictions.
   *
   * @param drawn a token for each of them
   */
  void absorb(List<Prediction> predictions, Map<Lane, Drawn> drawn) {
    for (Prediction prediction : predictions) {
      Lane lane = prediction.lane();
      if (!prediction.sequence().ended() && lane.state() != Lane.State.SQUASHED) {
        absorb(prediction, drawn.get(lane));
      }
    }
  }

  private void absorb(Prediction prediction, Drawn drawn) {
    Sequence sequence = prediction.sequence();
    if (prediction.last()) {
      if (prediction.lane().state() == Lane.State.SAID) {
        batch.leave(prediction.lane());
      }
      if (!sequence.knows(prediction.lane().position + 1)) {
        say(sequence, prediction.lane(), drawn);
      }
    }
    if (!sequence.ended() && drawn.id() >= 0) {
      int token = sequence.known(prediction.lane().position + 1, drawn.id());
      sequence.drafts.predicted(prediction.lane(), token, prediction.last());
      if (!decide(prediction, token)) {
        follow(prediction, token);
      }
    }
  }

  /** Tells an answer its next token, and ends it where that does. */
  private void say(Sequence sequence, Lane lane, Drawn drawn) {
    if (drawn.id() < 0) {
      batch.fail(
          sequence,
          UserException.of(
              "the logits after position %d are not numbers (NaN or infinite): the checkpoint's"
                  + " weights are damaged or too large, download them again",
              lane.position));
      return;
    }
    boolean last = !sequence.drafts.continues(lane.position);
    boolean stops = sequence.stopsAt(drawn.id());
    try {
      if (!stops) {
        stops = sequence.answer.say(drawn, lane.spokenSteps(), last);
        sequence.prefix.said(drawn.id());
      }
    } catch (Throwable thrown) { // its text is made here: whatever goes wrong is its own affair
      batch.fail(sequence, thrown);
      return;
    }
    if (stops) {
      batch.end(sequence, FinishReason.STOP);
    } else if (last) {
      batch.end(sequence, FinishReason.LENGTH);
    }
  }

  /**
   * A lane that two continuations follow was asked. Its last token decides between them; before
   * that the likelier one goes on alone once the other is hardly likely any more. A third token is
   * followed beside the one that led.
   *
   * @return whether nothing else is to be done
   */
  private boolean decide(Prediction prediction, int token) {
    Sequence sequence = prediction.sequence();
    Branch branch = sequence.branch();
    if (branch == null || branch.parent != prediction.lane()) {
      return false;
    }
    Branches branches = batch.branches();
    boolean other = branch.token == token;
    int before = sequence.wave.after(branch.parent).token;
    if (prediction.last()) {
      if (other) {
        branches.take(sequence);
      } else {
        branches.drop(sequence);
      }
      return false;
    }
    branches.judge(sequence);
    boolean third = !other && token != before;
    Drafts drafts = sequence.drafts;
    if (third
        || drafts.isHopeless(branch.parent, before)
        || drafts.isHopeless(branch.parent, branch.token)) {
      branches.keepLeader(sequence);
    }
    return !third;
  }

  /**
   * What follows a lane opens on its guess; what was built on another one is squashed, or stands
   * beside it until it is known which is right.
   */
  private void follow(Prediction prediction, int token) {
    Sequence sequence = prediction.sequence();
    Lane lane = prediction.lane();
    Wave wave = sequence.waveOf(lane);
    boolean stops = sequence.stopsAt(token);
    Lane next = wave.after(lane);
    if (next == null) {
      if (!prediction.last() && (wave.hasGuess() || sequence.drafts.opensOn(lane))) {
        wave.guess(stops ? Wave.NONE : token);
      }
    } else if (next.builtOn(token)) {
      if (prediction.last()) {
        sequence.drafts.kept(next, lane);
      }
    } else {
      reconsider(prediction, wave, stops ? Wave.NONE : token);
    }
  }

  /**
   * A lane takes back what others are built on. Its new guess is followed beside them, or in their
   * place; where it is hardly likely, or the less likely one and there is no room beside them, they
   * stay as they are.
   *
   * @param token what is to follow; NONE for nothing
   */
  private void reconsider(Prediction prediction, Wave wave, int token) {
    Sequence sequence = prediction.sequence();
    Lane lane = prediction.lane();
    if (prediction.last() || token == Wave.NONE) {
      endBranchBehind(sequence, wave, lane);
      squash(sequence, wave, lane, token);
      return;
    }
    Drafts drafts = sequence.drafts;
    int before = wave.after(lane).token;
    boolean stays = drafts.isLikelier(lane, before, token);
    if (stays && drafts.isHopeless(lane, token)) {
      return;
    }
    endBranchBehind(sequence, wave, lane);
    boolean beside =
        wave == sequence.wave
            && !drafts.isHopeless(lane, before)
            && batch.branches().open(sequence, lane, token);
    if (!beside && !stays) {
      squash(sequence, wave, lane, token);
    }
  }

  /** What is behind a lane is in doubt as a whole: it does not go two ways at once. */
  private void endBranchBehind(Sequence sequence, Wave wave, Lane lane) {
    Branch branch = sequence.branch();
    if (branch != null && wave == sequence.wave && branch.parent.position > lane.position) {
      batch.branches().keepLeader(sequence);
    }
  }

  /**
   * @param token what is to follow instead; NONE for nothing
   */
  private void squash(Sequence sequence, Wave wave, Lane lane, int token) {
    int row = wave.after(lane).row;
    List<Lane> squashed = wave.squashAfter(lane);
    batch.freeInherited(wave);
    sequence.drafts.lost(squashed);
    monitors.squashed(squashed);
    squashed.subList(1, squashed.size()).forEach(behind -> batch.freeRow(behind.row));
    if (token == Wave.NONE) {
      batch.freeRow(row);
    } else if (lane.hasEnough() || sequence.drafts.isLikely(wave, token)) {
      wave.inherit(row, token);
    } else {
      batch.freeRow(row);
      wave.guess(token);
    }
  }
}
