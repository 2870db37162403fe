package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import muninn.UserException;
import muninn.kernels.Samples;

/**
 * The end of a tick: lanes pass coda and head, to say their last word or a guess, and what they
 * said is heard. A last word goes to the answer; what was built on another guess than it turned out
 * is squashed.
 */
final class Speech {
  private final Batch batch;
  private final Passes passes;
  private final Exits exits;
  private final int ticksAhead;
  private final Monitors monitors;
  private final ArrayDeque<Tick> inFlight = new ArrayDeque<>();

  /** A tick whose results the host has not read yet. */
  private record Tick(Samples samples, List<Said> said) {

    /** Whether a guess was said or is judged, which decides what the next tick does. */
    boolean guesses() {
      return said.stream().anyMatch(word -> word.lane().sequence.drafts.speculates());
    }
  }

  /** A lane's word: a guess, or its last. */
  private record Said(Lane lane, boolean last) {}

  /** What a lane says is about those after it, of its sequence: so it is heard before them. */
  private static final Comparator<Said> DEEPEST_FIRST =
      Comparator.comparingInt(word -> word.lane().position);

  /**
   * @param ticksAhead ticks that the device may be behind the host
   */
  Speech(Batch batch, Passes passes, Exits exits, int ticksAhead, Monitors monitors) {
    this.batch = batch;
    this.passes = passes;
    this.exits = exits;
    this.ticksAhead = ticksAhead;
    this.monitors = monitors;
  }

  boolean allHeard() {
    return inFlight.isEmpty();
  }

  /**
   * Lanes that have had enough pass the coda, to leave their keys there; those that speak, the
   * head. So do lanes whose guess is wanted, or whose rule wants to see what they would say. They
   * wait where better company is expected.
   *
   * @param thinking lanes that took a step in this tick
   */
  void speak(List<Lane> thinking) {
    List<Lane> asking = Exits.wantingOutputs(thinking);
    Set<Lane> guessing = guessing(thinking);
    List<Lane> observed = thinking.stream().filter(lane -> lane.sequence.observed()).toList();
    List<Lane> leaving = batch.leavers();
    boolean must =
        !asking.isEmpty() || !guessing.isEmpty() || !observed.isEmpty() || batch.rowsAreWanted();
    if (!must && Company.expected(leaving, batch.lanes(Lane::thinks))) {
      leaving.forEach(lane -> lane.waited++);
      return;
    }

    Set<Lane> speaking = new LinkedHashSet<>(asking);
    Set<Lane> silent = new LinkedHashSet<>();
    for (Lane lane : leaving) {
      (lane.sequence.speaks(lane.position) ? speaking : silent).add(lane);
    }
    speaking.addAll(guessing);
    speaking.addAll(observed);
    for (Lane lane : speaking) {
      if (needsPrompt(lane)) {
        silent.addAll(lane.sequence.wave.before(lane));
      }
    }
    List<Lane> speakers = List.copyOf(speaking);
    passes.speak(speakers, List.copyOf(silent));
    exits.askOutputs(asking);
    batch.failBroken();

    Set<Lane> left = new LinkedHashSet<>(batch.leavers());
    left.removeIf(lane -> !speaking.contains(lane) && !silent.contains(lane));
    List<Said> said = new ArrayList<>();
    for (int i = 0; i < speakers.size(); i++) {
      Lane lane = speakers.get(i);
      if (left.contains(lane) || lane.sequence.observed()) {
        passes.inspect(lane, i);
      }
      if (left.contains(lane)) {
        said.add(new Said(lane, true));
      } else if (guessing.contains(lane)) {
        said.add(new Said(lane, false));
      }
    }
    said.sort(DEEPEST_FIRST);
    if (!said.isEmpty()) {
      inFlight.add(new Tick(passes.draw(said.stream().map(Said::lane).toList()), said));
    }
    left.removeIf(Speech::leavesWhenHeard);
    left.forEach(batch::leave);
  }

  private Set<Lane> guessing(List<Lane> thinking) {
    int share = batch.share();
    Set<Lane> guessing = new LinkedHashSet<>();
    for (Lane lane : thinking) {
      if (lane.sequence.drafts.wants(lane, share)) {
        guessing.add(lane);
      }
    }
    return guessing;
  }

  /** Whether a lane's word rests on keys that the rest of its prompt has yet to leave. */
  private static boolean needsPrompt(Lane lane) {
    return !lane.hasEnough()
        && lane.endsPrompt()
        && (lane.asks(ExitRule.Sees.OUTPUT) || lane.sequence.drafts.renewsPrompt(lane));
  }

  /**
   * Whether those before a lane must be heard first, for it may have been built on a wrong guess.
   */
  private static boolean leavesWhenHeard(Lane lane) {
    return lane.sequence.drafts.speculates() && !lane.inPrompt();
  }

  /**
   * Reads what ticks said. The host may run ahead of the device, but not past the last lane, nor
   * past a guess.
   */
  void hear() {
    boolean guesses = inFlight.stream().anyMatch(Tick::guesses);
    int ahead = guesses || batch.lanes(Lane::thinks).isEmpty() ? 0 : ticksAhead;
    while (inFlight.size() > ahead) {
      Tick tick = inFlight.remove();
      Samples.Result result = tick.samples().await();
      for (int i = 0; i < tick.said().size(); i++) {
        Said said = tick.said().get(i);
        Lane lane = said.lane();
        if (!lane.sequence.ended && !lane.squashed() && !lane.inPrompt()) {
          hear(said, result, i);
        }
      }
    }
  }

  /**
   * @param place of the word among the results
   */
  private void hear(Said said, Samples.Result result, int place) {
    Sequence sequence = said.lane().sequence;
    int token = result.tokens()[place];
    if (said.last()) {
      if (leavesWhenHeard(said.lane())) {
        batch.leave(said.lane());
      }
      tell(said.lane(), result, place);
    }
    if (!sequence.ended && token >= 0) {
      follow(said, token);
    }
  }

  /** Tells an answer its next token, and ends it where that does. */
  private void tell(Lane lane, Samples.Result result, int place) {
    Sequence sequence = lane.sequence;
    int token = result.tokens()[place];
    if (token < 0) {
      batch.fail(
          sequence,
          UserException.of(
              "the logits after position %d are not numbers (NaN or infinite): the checkpoint's"
                  + " weights are damaged or too large, download them again",
              lane.position));
      return;
    }
    boolean last = !sequence.continues(lane.position);
    if (sequence.stopsAt(token) || sequence.answer.say(result, place, lane.steps, last)) {
      batch.end(sequence, FinishReason.STOP);
    } else if (last) {
      batch.end(sequence, FinishReason.LENGTH);
    }
  }

  /** What follows a lane opens on its guess; what was built on another one is squashed. */
  private void follow(Said said, int token) {
    Lane lane = said.lane();
    Wave wave = lane.sequence.wave;
    Lane next = wave.after(lane);
    boolean stops = lane.sequence.stopsAt(token);
    lane.sequence.drafts.heard(lane, token, said.last(), next);
    if (next == null && !said.last()) {
      wave.guess(stops ? Wave.NONE : token);
    } else if (next != null && !next.builtOn(token)) {
      List<Lane> squashed = wave.squashAfter(lane);
      squashed.forEach(Lane::squash);
      monitors.squashed(squashed);
      squashed.subList(1, squashed.size()).forEach(behind -> batch.freeRow(behind.row));
      if (stops) {
        batch.freeRow(next.row);
      } else {
        wave.inherit(next.row, token);
      }
    }
  }
}
