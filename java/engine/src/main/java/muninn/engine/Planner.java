package muninn.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import muninn.engine.Plan.Prediction;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;

/**
 * Decides what a tick does, lane by lane, on the state of the batch alone: it knows no device. The
 * policies that it follows are {@link Opening}, {@link Drafts}, {@link Exit} and {@link
 * CodaBatching}.
 */
final class Planner {
  private final Batch batch;
  private final CodaBatching codaBatching;

  Planner(Batch batch, CodaBatching codaBatching) {
    this.batch = batch;
    this.codaBatching = codaBatching;
  }

  /** Opens positions; all lanes that think take a step. */
  Plan.Think think() {
    List<Lane> opened = Opening.open(batch);
    batch.failBroken();
    List<Lane> thinking = batch.lanes(Lane::thinks);
    return new Plan.Think(
        which(opened, lane -> true), thinking, which(thinking, this::looksAtLatent));
  }

  /** Whether a lane's rule is asked after the step to come, before it passes the coda. */
  private boolean looksAtLatent(Lane lane) {
    Asking asking = batch.of(lane).asking;
    return asking.sees() != ExitRule.Sees.OUTPUT
        && asking.asks(lane, asking.sees(), lane.steps() + 1);
  }

  /**
   * Lanes that have had enough pass the coda, unless they wait for more to come. So do lanes whose
   * guess is wanted, or whose rule or observer wants to see what they predict.
   *
   * @param stepped lanes that took a step in this tick
   */
  Plan.Coda coda(List<Lane> stepped) {
    int share = batch.share();
    List<Lane> looking =
        which(
            stepped, lane -> batch.of(lane).asking.asks(lane, ExitRule.Sees.OUTPUT, lane.steps()));
    List<Lane> guessing = which(stepped, lane -> wants(lane, share));
    List<Lane> observed = which(stepped, this::observes);
    List<Lane> leavers = batch.leavers();
    boolean must =
        !looking.isEmpty() || !guessing.isEmpty() || !observed.isEmpty() || batch.rowsAreWanted();
    if (!must
        && codaBatching.waits(
            which(leavers, lane -> !lane.inPrompt()),
            batch.lanes(lane -> lane.thinks() && !lane.inPrompt()))) {
      leavers.forEach(Lane::waits);
      leavers.stream().map(batch::of).distinct().forEach(sequence -> sequence.answer.waits());
      return Plan.Coda.NONE;
    }

    Set<Lane> speaking = new LinkedHashSet<>(looking);
    speaking.addAll(which(leavers, lane -> batch.of(lane).speaks(lane)));
    speaking.addAll(guessing);
    speaking.addAll(observed);
    Set<Lane> silent = new LinkedHashSet<>(leavers);
    for (Lane lane : speaking) {
      if (needsPrompt(lane) || observes(lane)) {
        silent.addAll(batch.of(lane).wave.before(lane));
      }
      silent.addAll(which(batch.of(lane).waveOf(lane).before(lane), Lane::lacksCoda));
    }
    silent.removeAll(speaking);
    speaking.forEach(Lane::passesCoda);
    silent.forEach(Lane::passesCoda);
    return new Plan.Coda(List.copyOf(speaking), List.copyOf(silent), looking, guessing);
  }

  private boolean wants(Lane lane, int share) {
    Sequence sequence = batch.of(lane);
    Wave wave = sequence.waveOf(lane);
    return sequence.drafts.wants(wave, lane, Reach.of(sequence, wave, share));
  }

  /** Whether a lane is watched at each step; those before it leave keys for what it says then. */
  private boolean observes(Lane lane) {
    return batch.of(lane).observes(lane);
  }

  /** Whether a lane's prediction rests on keys that the rest of its prompt has yet to leave. */
  private boolean needsPrompt(Lane lane) {
    return !lane.hasEnough()
        && lane.endsPrompt()
        && (batch.of(lane).asking.asks(lane, ExitRule.Sees.OUTPUT, lane.steps())
            || drafts(lane).renewsPrompt(lane));
  }

  /** Of the lanes that have passed the coda, those that have had enough leave, others guess. */
  Plan.Draw draw(Plan.Coda passed) {
    if (passed.isEmpty()) {
      return Plan.Draw.NONE;
    }
    Set<Lane> seen = new HashSet<>(passed.speaking());
    seen.addAll(passed.silent());
    List<Lane> leaving = leaving(seen);
    codaBatching.left(leaving);
    Set<Lane> last = new HashSet<>(leaving);
    Set<Lane> guessing = new HashSet<>(passed.guessing());
    List<Prediction> predictions = new ArrayList<>();
    for (Lane lane : which(passed.speaking(), lane -> !lane.inPrompt())) {
      if (last.contains(lane) || guessing.contains(lane)) {
        predictions.add(new Prediction(batch.of(lane), lane, last.contains(lane)));
      }
    }
    predictions.sort(Comparator.comparingInt(prediction -> prediction.lane().position));
    return new Plan.Draw(predictions, leaving);
  }

  /** Those that have had enough and passed the coda in this tick, and so have all before them. */
  private List<Lane> leaving(Set<Lane> seen) {
    List<Lane> leaving = new ArrayList<>();
    for (Sequence sequence : batch.running()) {
      sequence.wave.leavers().stream().takeWhile(seen::contains).forEach(leaving::add);
    }
    return leaving;
  }

  private Drafts drafts(Lane lane) {
    return batch.of(lane).drafts;
  }

  /** Those of some lanes that are still there. */
  private static List<Lane> which(List<Lane> lanes, Predicate<Lane> which) {
    List<Lane> found = new ArrayList<>();
    for (Lane lane : lanes) {
      if (lane.state() != Lane.State.SQUASHED && which.test(lane)) {
        found.add(lane);
      }
    }
    return found;
  }
}
