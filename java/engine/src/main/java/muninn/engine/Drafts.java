package muninn.engine;

import java.util.List;
import muninn.engine.request.Speculation;

/**
 * The policy of one sequence's speculation: which of its lanes guess, when the next position opens
 * on a guess and how many may be ahead of the text, and which lanes pause meanwhile. It decides on
 * the sequence's {@link Wave} alone.
 */
final class Drafts {
  /** A lane is opened only if it is so likely that all guesses before it are right. */
  private static final double LEAST_LIKELY = 0.1;

  /** What is built on a guess less likely than this gives way to what is built on another. */
  private static final double HOPELESS = 0.05;

  /** Questions that a right guess may lose before what is built on it gives way, as a rule. */
  private static final int PATIENCE = 2;

  /** Where less of what the first lane ahead does is of use, one guess in so many is tried. */
  private static final double LEAST_TRIED = 0.25;

  private static final int TRY = 8;

  /** Of positions that freeze, only if it is so likely to be of use at all. */
  private static final double LEAST_CHANCE = 0.1;

  /** Beside so many lanes ahead of the text, one more may be another continuation. */
  private static final int BRANCHES = 4;

  /** Ticks for which what was found best is kept to. */
  private static final int KEEP = 8;

  private final Speculation mode;
  private final LookAhead lookAhead;
  private final GuessYield use;
  private final int steps;
  private final int lastOfPrompt;
  private final int positions;
  private final DraftTally tally;

  /** Steps after which a lane guesses; a multiple of them, in a wavefront. */
  private int depth;

  /** Where that is left to the engine: how it guesses. */
  private LookAhead.Choice choice = LookAhead.Choice.NONE;

  /** Where it is not: most lanes that can be of use. */
  private int best = 1;

  /** Whether one that has one lane at a time is to have another, to see what that takes. */
  private boolean triesTwo;

  /** Whether a guess is likely enough to be of use, where the engine has no say. */
  private boolean mayBeUseful = true;

  /** Ticks for which to believe it. */
  private int keep;

  private Workload load;

  /** Of rounds: whether lanes are still drafted, and those that have their draft pause. */
  private boolean drafting;

  /**
   * @param lookAhead learns from what is predicted after which step, and knows what pays
   * @param steps most steps of a position
   * @param lastOfPrompt the prompt's last position
   * @param positions of the whole sequence that lanes may have
   */
  Drafts(
      Speculation mode,
      LookAhead lookAhead,
      int steps,
      int lastOfPrompt,
      int positions,
      DraftTally tally) {
    this.mode = mode;
    this.lookAhead = lookAhead;
    this.steps = steps;
    this.lastOfPrompt = lastOfPrompt;
    this.positions = positions;
    this.tally = tally;
    use = lookAhead.use();
    boolean auto = mode.draft() == Speculation.AUTO;
    depth = auto ? lookAhead.choose(steps, new Workload(1, 0, steps)).depth() : mode.draft();
  }

  /** Whether lanes open on guesses at all. */
  boolean speculates() {
    return mode.kind() != Speculation.Kind.NONE;
  }

  /** Whether it is left to the engine how far it guesses ahead. */
  boolean decides() {
    return speculates() && mode.draft() == Speculation.AUTO && !freezes();
  }

  /** Steps after which a lane guesses. */
  int depth() {
    return depth;
  }

  /** A tick begins: what pays may have changed. */
  void tick(Workload load) {
    this.load = load;
    if (mode.kind() != Speculation.Kind.WAVEFRONT || --keep >= 0) {
      return;
    }
    keep = load.share() > 1 ? KEEP : 0; // a prompt that has yet to open takes all rows
    if (decides()) {
      choice = lookAhead.choose(steps, load);
      depth = choice.depth();
    } else {
      best = useful();
    }
  }

  /** Whether a position's rule speaks for the positions before it. */
  boolean freezes() {
    return mode.freeze() != null;
  }

  /** Whether the token predicted at this position opens another. */
  boolean continues(int position) {
    return position >= lastOfPrompt && position + 1 < positions;
  }

  /** How many lanes are likely to be of use, where the engine has no say. */
  private int useful() {
    if (freezes()) { // a lane ends those before it: what counts is whether a guess is right at once
      return (int) Math.min(positions, 1 + Math.log(LEAST_CHANCE) / Math.log(tally.acceptance()));
    }
    mayBeUseful = use.shares(2)[1] >= LEAST_TRIED;
    return Math.max(2, steps / depth + 1); // behind each that is as deep as it goes
  }

  /**
   * Whether a lane's guess is wanted after the step just done: that the next position may open, or
   * that what is open be checked.
   *
   * @param now where the lane's wave stands
   */
  boolean wants(Wave wave, Lane lane, Reach now) {
    if (lane.hasEnough() || lane.inPrompt() || !continues(lane.position)) {
      return false;
    }
    if (lane.isTrial() && Integer.bitCount(lane.steps()) == 1) {
      return true;
    }
    boolean mayExtend = wave.after(lane) == null && goesOn(wave, now);
    return switch (mode.kind()) {
      case NONE -> false;
      case ROUNDS -> drafting && mayExtend && lane.steps() == depth;
      case WAVEFRONT -> lane.steps() % depth == 0 && (mayExtend || wave.after(lane) != null);
    };
  }

  /**
   * Whether the keys that a prompt leaves in the coda are to be renewed for its last lane's guess.
   * They are when it first guesses, and whenever it has twice the steps.
   */
  boolean renewsPrompt(Lane lane) {
    return lane.endsPrompt() && Integer.bitCount(lane.steps() / depth) == 1;
  }

  /** Whether the next position may open on its guess. */
  boolean mayOpen(Wave wave, Reach now) {
    return wave.hasGuess() && isLikely(wave, wave.guess()) && goesOn(wave, now);
  }

  /** Whether a position that follows a wave with this token is likely to be of use. */
  boolean isLikely(Wave wave, int token) {
    if (mode.kind() != Speculation.Kind.WAVEFRONT || freezes()) {
      return true;
    }
    double chance = 1;
    for (Lane lane : wave.lanes()) {
      if (!lane.inPrompt() && !lane.hasEnough()) {
        Lane next = wave.after(lane);
        chance *= lookAhead.trust().of(lane, next == null ? token : next.token);
      }
    }
    return chance >= LEAST_LIKELY;
  }

  /** Whether the one token that a lane has guessed is more likely to be right than the other. */
  boolean isLikelier(Lane lane, int one, int other) {
    return !freezes() && lookAhead.trust().of(lane, one) > lookAhead.trust().of(lane, other);
  }

  /** Whether a token that a lane has guessed is hardly its last word. */
  boolean isHopeless(Lane lane, int token) {
    return lookAhead.trust().of(lane, token) < HOPELESS;
  }

  private boolean goesOn(Wave wave, Reach now) {
    return now.ahead() < reach(wave, now.share()) && now.lanes() < now.share();
  }

  /** Whether one more lane may open beside those that a position's guess was taken back from. */
  boolean mayBranch(Wave wave, Reach now) {
    int reach = reach(wave, now.share());
    int lanes = mode.lanes() == Speculation.ANY ? reach + Math.ceilDiv(reach, BRANCHES) : reach;
    return mode.branches() && now.ahead() > 1 && now.lanes() < Math.min(now.share(), lanes);
  }

  /** Whether what a lane predicts now may open the next position. */
  boolean opensOn(Lane lane) {
    return lane.steps() % depth == 0;
  }

  /** A lane has opened. While a round is drafted the one before it has its draft, and pauses. */
  void opened(Wave wave, Lane lane, int ahead) {
    lane.openedBehind(Math.max(0, ahead - 1));
    if (decides() && lane.kind == Lane.Kind.NEW) {
      boolean trial = lookAhead.tries(steps, choice, load);
      triesTwo = trial && choice.promises();
      if (trial) {
        lane.makeTrial();
      }
    }
    if (lane.ahead() > 0) {
      tally.opened();
      Lane before = drafting ? wave.before(lane).getLast() : null;
      if (before != null && before.thinks()) { // else its rule fired on what it was drafted from
        before.pause();
      }
    } else if (mode.kind() == Speculation.Kind.ROUNDS) {
      drafting = lane.kind == Lane.Kind.NEW;
    }
  }

  /** All that can open in a tick has: a round that did not grow, though it might, advances. */
  void openedAll(Wave wave) {
    if (!drafting || wave.isEmpty()) {
      return;
    }
    Lane newest = wave.newest();
    if (newest.steps() >= depth || newest.hasEnough()) {
      drafting = false;
      for (Lane lane : wave.lanes()) {
        if (lane.state() == Lane.State.PAUSED) {
          lane.resume();
        }
      }
    }
  }

  /** Lanes that are worth having ahead. */
  private int reach(Wave wave, int share) {
    int most = Math.min(mode.lanes(), share);
    if (mode.kind() != Speculation.Kind.WAVEFRONT) {
      return most;
    }
    if (decides()) {
      return Math.min(most, Math.max(triesTwo ? 2 : 1, choice.lanes()));
    }
    boolean tries = mayBeUseful || wave.next() % TRY == 0;
    return Math.min(most, tries ? Math.max(2, best) : 1);
  }

  /**
   * It is known which token a lane predicts. Counts what that says of its guesses.
   *
   * @param last whether it is its last token
   */
  void predicted(Lane lane, int token, boolean last) {
    if (!speculates()) {
      return;
    }
    if (!last) {
      lane.guesses.put(lane.steps(), token);
    } else {
      tally.settled(lane.guesses, token);
      lookAhead.learn(lane, token, mode.branches() ? PATIENCE : 0);
    }
  }

  /** A lane that was opened on a guess was right to be, for the one before it said so. */
  void kept(Lane lane, Lane before) {
    if (speculates() && lane.ahead() > 0) {
      tally.right(lane);
      use.useful(lane.ahead(), before.steps());
    }
  }

  /** Lanes are to be thrown away, for the first of them was built on a wrong guess. */
  void lost(List<Lane> lanes) {
    if (!lanes.isEmpty() && lanes.getFirst().ahead() > 0) {
      tally.wrong(lanes.getFirst(), lanes.size());
      lanes.forEach(one -> use.lost(Math.max(1, one.ahead()), one.steps()));
    }
  }
}
