package muninn.engine.request;

import java.util.Locale;

/**
 * How positions are opened on guesses. A lane guesses its token after a few steps, the next
 * position starts on it while the first thinks on, and what was built on a wrong guess is thrown
 * away. The text is that of plain decoding, token for token, except where {@code approximate} is
 * asked for; to freeze is to ask for it.
 *
 * @param draft steps before a lane guesses; {@link #AUTO} finds out which pays
 * @param lanes most lanes ahead of the text at once, the first included; {@link #ANY} leaves it to
 *     load and acceptance
 * @param branches of a wavefront, whether what was built on a guess that is taken back may think on
 *     beside what is built on the new one
 * @param approximate accept that the text changes, where guessing ahead cannot be exact
 * @param freeze of a wavefront, null for none: this rule is asked about a position at every
 *     multiple of the draft depth, and where it fires the positions before that one have thought
 *     enough, as in the published parallel sampler. It changes the text
 */
public record Speculation(
    Kind kind, int draft, int lanes, boolean branches, boolean approximate, KnownExit freeze) {
  /** A draft depth that adapts. */
  public static final int AUTO = 0;

  /** No limit of its own to the lanes ahead. */
  public static final int ANY = Integer.MAX_VALUE;

  /** One position after the other. */
  public static final Speculation NONE = new Speculation(Kind.NONE, 1, 1, false, false, null);

  /** What {@link #parse} reads, for a user to see. */
  public static final String FORMS =
      "none, rounds:draft=4,k=4 or wavefront:draft=4 (draft=auto, lanes=N, branches=off; both with"
          + " approximate; freeze=latent-diff,threshold=0.03, which is approximate)";

  /** When lanes that were opened on guesses think on. */
  public enum Kind {
    /** No guesses: plain decoding. */
    NONE,
    /** Lanes are drafted one after another; then all advance together, and the text with them. */
    ROUNDS,
    /** Every lane thinks on while it is guessed from, and is asked again as it deepens. */
    WAVEFRONT;

    /** As users write it. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** What users call the most lanes. */
    public String lanesName() {
      return this == ROUNDS ? "k" : "lanes";
    }
  }

  public Speculation {
    approximate |= freeze != null;
  }

  /**
   * Guesses in rounds.
   *
   * @param draft steps after which a lane is guessed from
   * @param k lanes of a round
   */
  public static Speculation rounds(int draft, int k) {
    return new Speculation(Kind.ROUNDS, draft, k, false, false, null);
  }

  /**
   * A wavefront of as many lanes as are of use, which may follow two continuations.
   *
   * @param draft steps between guesses
   */
  public static Speculation wavefront(int draft) {
    return new Speculation(Kind.WAVEFRONT, draft, ANY, true, false, null);
  }

  /** The same with another bound of lanes. */
  public Speculation withLanes(int lanes) {
    return new Speculation(kind, draft, lanes, branches, approximate, freeze);
  }

  /** The same with one continuation of each position at a time. */
  public Speculation withoutBranches() {
    return new Speculation(kind, draft, lanes, false, approximate, freeze);
  }

  /** The same, where it cannot be exact too. */
  public Speculation approximately() {
    return new Speculation(kind, draft, lanes, branches, true, freeze);
  }

  /** The same with positions frozen early: the text changes. */
  public Speculation freezing(KnownExit rule) {
    return new Speculation(kind, draft, lanes, branches, true, rule);
  }

  /**
   * Reads {@code none}, {@code rounds:draft=4,k=4}, {@code wavefront:draft=auto} and so on.
   *
   * @throws IllegalArgumentException saying what is wrong and what is wanted
   */
  public static Speculation parse(String text) {
    return new SpeculationParser(text).parse();
  }

  @Override
  public String toString() {
    if (kind == Kind.NONE) {
      return kind.id();
    }
    StringBuilder text = new StringBuilder(kind.id());
    text.append(":draft=").append(draft == AUTO ? "auto" : draft);
    if (lanes != ANY) {
      text.append(',').append(kind.lanesName()).append('=').append(lanes);
    }
    if (kind == Kind.WAVEFRONT && !branches) {
      text.append(",branches=off");
    }
    if (freeze != null) {
      text.append(",freeze=").append(freeze.kind().id());
      text.append(",threshold=").append(freeze.threshold());
    }
    return text.append(approximate ? ",approximate" : "").toString();
  }
}
