package muninn.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import muninn.engine.Completion.Rate;

/**
 * The speculation of one sequence: which lanes guess, how far ahead of the text they reach, which
 * pause; and what became of the guesses.
 */
final class Drafts {
  /** A lane is opened only if it is at least so likely to be of use. */
  private static final double LEAST_USE = 0.1;

  /** What acceptance is taken to be before anything was seen, and how many guesses that weighs. */
  private static final double PRIOR = 0.9;

  private static final int PRIOR_WEIGHT = 8;

  private final Sequence sequence;
  private final Speculation mode;
  private final DraftDepth depths;
  private final int depth;

  /** Of rounds: whether lanes are still drafted, and those that have their draft pause. */
  private boolean drafting;

  // What became of the guesses.
  private final Map<Integer, int[]> byDepth = new TreeMap<>(); // steps → right, of
  private final List<int[]> byPlace = new ArrayList<>(); // lanes ahead when opened → right, of
  private int opened;
  private int squashed;
  private int kept;
  private int wrong;

  /**
   * @param depths what the engine has learnt of draft depths
   */
  Drafts(Sequence sequence, DraftDepth depths) {
    this.sequence = sequence;
    this.depths = depths;
    mode = sequence.request.thinking().speculation();
    depth = mode.draft() == Speculation.AUTO ? depths.best(sequence.request.steps()) : mode.draft();
  }

  /** Whether lanes open on guesses at all. */
  boolean speculates() {
    return mode.kind() != Speculation.Kind.NONE;
  }

  /** Whether a position's rule speaks for the positions before it. */
  boolean freezes() {
    return mode.freeze() != null;
  }

  /** When its rule is asked about a position: one that freezes, as often as guesses are made. */
  Exit exit() {
    return freezes()
        ? new Exit(mode.freeze(), depth, depth, false)
        : sequence.request.thinking().exit();
  }

  /**
   * Whether a lane's guess is wanted after the step just done: that the next position may open, or
   * that what is open be checked.
   *
   * @param share lanes that the sequence may have as things are
   */
  boolean wants(Lane lane, int share) {
    if (lane.hasEnough() || lane.inPrompt() || !sequence.continues(lane.position)) {
      return false;
    }
    boolean mayExtend = sequence.wave.after(lane) == null && ahead() < reach(share);
    return switch (mode.kind()) {
      case NONE -> false;
      case ROUNDS -> drafting && mayExtend && lane.steps == depth;
      case WAVEFRONT -> lane.steps % depth == 0 && (mayExtend || sequence.wave.after(lane) != null);
    };
  }

  /**
   * Whether the keys that a prompt leaves in the coda are to be renewed for its last lane's guess.
   * They are when it first guesses, and whenever it has twice the steps.
   */
  boolean renewsPrompt(Lane lane) {
    return lane.endsPrompt() && Integer.bitCount(lane.steps / depth) == 1;
  }

  /** Whether a lane with its draft waits for the others of its round. */
  boolean pauses(Lane lane) {
    return drafting && lane != sequence.wave.newest() && lane.position > sequence.lastOfPrompt();
  }

  /** Whether the next position may open on its guess. */
  boolean mayOpen(int share) {
    return sequence.wave.hasGuess() && ahead() < reach(share);
  }

  /** A lane has opened. */
  void opened(Lane lane) {
    lane.place = Math.max(0, ahead() - 1);
    if (lane.place > 0) {
      opened++;
    } else if (mode.kind() == Speculation.Kind.ROUNDS) {
      drafting = lane.position > sequence.lastOfPrompt();
    }
  }

  /** All that can open in a tick has: a round that did not grow, though it might, advances. */
  void openedAll() {
    if (drafting && !sequence.wave.isEmpty()) {
      Lane newest = sequence.wave.newest();
      drafting = newest.steps < depth && !newest.hasEnough();
    }
  }

  /** Lanes from the first that the text waits for, the last of the prompt included. */
  private int ahead() {
    List<Lane> lanes = sequence.wave.lanes();
    int first = lanes.isEmpty() ? 0 : lanes.getFirst().position;
    return lanes.size() - Math.max(0, Math.min(lanes.size(), sequence.lastOfPrompt() - first));
  }

  private int reach(int share) {
    int most = Math.min(mode.lanes(), share);
    if (mode.kind() != Speculation.Kind.WAVEFRONT) {
      return most;
    }
    double acceptance = (kept + PRIOR * PRIOR_WEIGHT) / (kept + wrong + PRIOR_WEIGHT);
    int useful = (int) Math.min(most, 1 + Math.log(LEAST_USE) / Math.log(acceptance));
    return Math.min(most, Math.max(2, useful)); // one guess is always tried, to go on learning
  }

  /**
   * A lane said which token follows.
   *
   * @param last whether it is its last word
   * @param next the lane that was opened on an earlier guess; null where there is none
   */
  void heard(Lane lane, int token, boolean last, Lane next) {
    if (!speculates()) {
      return;
    }
    if (!last) {
      lane.guesses.put(lane.steps, token);
    } else {
      lane.guesses.forEach(
          (steps, guess) -> count(byDepth.computeIfAbsent(steps, _ -> new int[2]), guess == token));
      if (depth == 1 && lane.guesses.size() == lane.steps - 1) { // asked after every step
        depths.learn(lane, token);
      }
    }
    if (next != null && next.place > 0 && (last || !next.builtOn(token))) {
      judge(next, next.builtOn(token));
    }
  }

  /** A lane was right to be opened on a guess, or was not: then those after it go with it. */
  private void judge(Lane lane, boolean right) {
    while (byPlace.size() < lane.place) {
      byPlace.add(new int[2]);
    }
    count(byPlace.get(lane.place - 1), right);
    if (right) {
      kept++;
    } else {
      wrong++;
      squashed += sequence.wave.newest().position - lane.position + 1;
    }
  }

  private static void count(int[] rate, boolean right) {
    rate[0] += right ? 1 : 0;
    rate[1]++;
  }

  Completion.Speculated report() {
    Map<Integer, Rate> depthRates = new TreeMap<>();
    byDepth.forEach((steps, rate) -> depthRates.put(steps, new Rate(rate[0], rate[1])));
    List<Rate> placeRates = byPlace.stream().map(rate -> new Rate(rate[0], rate[1])).toList();
    boolean approximate = sequence.request.thinking().whyApproximate().isPresent();
    return new Completion.Speculated(approximate, opened, squashed, depthRates, placeRates);
  }
}
