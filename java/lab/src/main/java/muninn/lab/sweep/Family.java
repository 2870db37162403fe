package muninn.lab.sweep;

import muninn.engine.request.Thinking;

/** Settings of one kind: what of {@link Thinking} they change. */
enum Family {
  FIXED("Fixed depth"),
  EXITS("Exit rules"),
  SHARED("Shared keys and values"),
  CONTINUOUS("Continuous thought"),
  ROUNDS("Speculation in rounds"),
  WAVEFRONT("Speculation as a wavefront"),
  MIXED("Several at once");

  private final String title;

  Family(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  boolean holds(Setting setting) {
    return of(setting) == this;
  }

  static Family of(Setting setting) {
    Thinking thinking = setting.thinking();
    boolean exits = thinking.exit().rule() != null;
    boolean shares = thinking.kv().shares();
    boolean guesses = !setting.draft().isEmpty();
    int kinds = (exits ? 1 : 0) + (shares ? 1 : 0) + (thinking.isContinuous() ? 1 : 0);
    if (kinds + (guesses ? 1 : 0) > 1) {
      return MIXED;
    }
    if (guesses) {
      return setting.mode().equals("rounds") ? ROUNDS : WAVEFRONT;
    }
    if (exits) {
      return EXITS;
    }
    if (shares) {
      return SHARED;
    }
    return thinking.isContinuous() ? CONTINUOUS : FIXED;
  }
}
