package muninn.engine;

import java.util.Set;
import java.util.TreeMap;
import muninn.engine.request.ExitRule;

/**
 * One token position being thought about, and where it is in its life. A lane knows numbers only:
 * its position, its row and its place on the device, and how far it has come. What moves it from
 * one state to the next is decided elsewhere; a step that its state does not allow is refused here.
 */
final class Lane {

  /** Where a lane is in its life. */
  enum State {
    /** Opened; its first step is to come. */
    OPEN,
    /** It takes part in every step of the core. */
    THINKING,
    /** It has its draft, and waits for the other lanes of its round. */
    PAUSED,
    /** It has thought enough, and waits for those before it and for a pass of the coda. */
    ENOUGH,
    /** Its last token is drawn, and not read yet: the guess it was built on may turn out wrong. */
    SAID,
    /** Its keys are final, and its row is passed on. */
    LEFT,
    /** Thrown away, for it was built on a wrong guess. */
    SQUASHED;

    /** The states that may follow this one. */
    Set<State> next() {
      return switch (this) {
        case OPEN -> Set.of(THINKING, SQUASHED);
        case THINKING -> Set.of(PAUSED, ENOUGH, SQUASHED);
        case PAUSED -> Set.of(THINKING, SQUASHED);
        case ENOUGH -> Set.of(SAID, LEFT, SQUASHED);
        case SAID -> Set.of(LEFT, SQUASHED);
        case LEFT, SQUASHED -> Set.of();
      };
    }
  }

  /** Where a position stands in its request. */
  enum Kind {
    /** Of the prompt, which says what follows it. */
    PROMPT,
    /** The last one of the prompt: it predicts the first new token. */
    PROMPT_END,
    /** A new token. */
    NEW
  }

  /** In place of a token that was drawn in the lane's own row, and that the host may not know. */
  static final int SAMPLED = -1;

  /** Its place on the device: its sequence's, or that of a {@link Branch} of it. */
  int slot;

  final int position;
  final Kind kind;
  final int row;

  /** Its token's id, or {@link #SAMPLED}. */
  final int token;

  /** Most steps that it may take. */
  final int budget;

  /** Its exit rule; null at fixed depth. */
  final ExitRule.Watch watch;

  /** What was drawn from it before its last token, by steps. */
  final TreeMap<Integer, Integer> guesses = new TreeMap<>();

  private State state = State.OPEN;
  private int steps;
  private int waited;
  private int ahead;
  private int chosen;
  private boolean inheritsLatent;
  private boolean trial;
  private boolean lacksCoda;

  Lane(int slot, int position, Kind kind, int row, int token, int budget, ExitRule.Watch watch) {
    this.slot = slot;
    this.position = position;
    this.kind = kind;
    this.row = row;
    this.token = token;
    this.budget = budget;
    this.watch = watch;
  }

  State state() {
    return state;
  }

  private void become(State next) {
    if (!state.next().contains(next)) {
      throw new IllegalStateException(
          "position " + position + " is " + state + " and cannot become " + next);
    }
    state = next;
  }

  /** It took a step of the core: as many as it may are enough. */
  void step() {
    if (state != State.THINKING) {
      become(State.THINKING);
    }
    steps++;
    if (steps == budget) {
      become(State.ENOUGH);
    }
  }

  /** It waits for the other lanes of its round. */
  void pause() {
    become(State.PAUSED);
  }

  /** It thinks on. */
  void resume() {
    become(State.THINKING);
  }

  /** It has thought enough before its budget was spent. */
  void enough() {
    become(State.ENOUGH);
  }

  /** It and others wait for a pass of the coda for another tick. */
  void waits() {
    if (state != State.ENOUGH) {
      throw new IllegalStateException("position " + position + " is " + state + " and cannot wait");
    }
    waited++;
  }

  /** Its last token is being drawn. */
  void say() {
    become(State.SAID);
  }

  /** It leaves; what it wrote stays. */
  void leave() {
    become(State.LEFT);
  }

  /** It is thrown away. */
  void squash() {
    become(State.SQUASHED);
  }

  /** Whether it has neither left nor been thrown away. */
  boolean isThere() {
    return state != State.LEFT && state != State.SQUASHED;
  }

  /** Whether it takes part in the next step. */
  boolean thinks() {
    return state == State.OPEN || state == State.THINKING;
  }

  /** Whether it has thought enough, be it as deep as asked for or as deep as its rule found. */
  boolean hasEnough() {
    return switch (state) {
      case OPEN, THINKING, PAUSED, SQUASHED -> false;
      case ENOUGH, SAID, LEFT -> true;
    };
  }

  /** Recurrence steps done. */
  int steps() {
    return steps;
  }

  /** Steps to the depth that it cannot go beyond. */
  int stepsLeft() {
    return budget - steps;
  }

  /** It speaks from the latent of the step just done, and thinks on for the keys' sake. */
  void choose() {
    chosen = steps;
  }

  /** Whether it has chosen which latent it speaks from. */
  boolean hasChosen() {
    return chosen > 0;
  }

  /** Whether it has steps to take. */
  boolean thinksOn() {
    return !hasEnough();
  }

  /** Steps of the latent that it speaks from now. */
  int spokenSteps() {
    return hasChosen() ? chosen : steps;
  }

  /** Ticks for which it has had enough and {@linkplain #waits waited} for the coda. */
  int waited() {
    return waited;
  }

  /** Lanes that were ahead of it when it was opened on a guess; 0 when it was on none. */
  int ahead() {
    return ahead;
  }

  /** It starts from the final latent of the one before it, which left it its row. */
  void inheritLatent() {
    inheritsLatent = true;
  }

  boolean inheritsLatent() {
    return inheritsLatent;
  }

  void openedBehind(int lanes) {
    ahead = lanes;
  }

  /** It has moved to a place that has none of its keys in the coda. */
  void moveTo(int place) {
    slot = place;
    lacksCoda = true;
  }

  /** Whether its keys in the coda are missing, which lanes behind it want to read. */
  boolean lacksCoda() {
    return lacksCoda;
  }

  /** It passes the coda. */
  void passesCoda() {
    lacksCoda = false;
  }

  /** It is asked after every step, to learn when its prediction settles. */
  void makeTrial() {
    trial = true;
  }

  boolean isTrial() {
    return trial;
  }

  /** Whether a token is the one that it was opened with; a sampled one always is. */
  boolean builtOn(int token) {
    return this.token < 0 || this.token == token;
  }

  /** Whether the prompt says what follows it. */
  boolean inPrompt() {
    return kind == Kind.PROMPT;
  }

  /** Whether it is the last position of the prompt. */
  boolean endsPrompt() {
    return kind == Kind.PROMPT_END;
  }
}
