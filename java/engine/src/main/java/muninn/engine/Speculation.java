package muninn.engine;

import java.util.Locale;

/**
 * How positions are opened on guesses. A lane guesses its token after a few steps, the next
 * position starts on it while the first thinks on, and what was built on a wrong guess is thrown
 * away. The text is that of plain decoding, token for token, except where {@code approximate} is
 * asked for.
 *
 * @param draft steps before a lane guesses; {@link #AUTO} finds out which pays
 * @param lanes most lanes ahead of the text at once, the first included; {@link #ANY} leaves it to
 *     load and acceptance
 * @param approximate accept that the text changes, where guessing ahead cannot be exact
 */
public record Speculation(Kind kind, int draft, int lanes, boolean approximate) {
  /** A draft depth that adapts. */
  public static final int AUTO = 0;

  /** No limit of its own to the lanes ahead. */
  public static final int ANY = Integer.MAX_VALUE;

  /** One position after the other. */
  public static final Speculation NONE = new Speculation(Kind.NONE, 1, 1, false);

  /** What {@link #parse} reads, for a user to see. */
  public static final String FORMS =
      "none, rounds:draft=4,k=4 or wavefront:draft=4 (draft=auto, lanes=N; both with approximate)";

  /** When lanes that were opened on guesses think on. */
  public enum Kind {
    NONE,
    /** Lanes are drafted one after another; then all advance together, and the text with them. */
    ROUNDS,
    /** Every lane thinks on while it is guessed from, and is asked again as it deepens. */
    WAVEFRONT;

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static Speculation rounds(int draft, int k) {
    return new Speculation(Kind.ROUNDS, draft, k, false);
  }

  public static Speculation wavefront(int draft) {
    return new Speculation(Kind.WAVEFRONT, draft, ANY, false);
  }

  /** The same, where it cannot be exact too. */
  public Speculation approximately() {
    return new Speculation(kind, draft, lanes, true);
  }

  /**
   * Reads {@code none}, {@code rounds:draft=4,k=4}, {@code wavefront:draft=auto} and so on.
   *
   * @throws IllegalArgumentException saying what is wanted
   */
  public static Speculation parse(String text) {
    String[] parts = text.split(":", 2);
    Speculation found =
        switch (parts[0]) {
          case "none" -> NONE;
          case "rounds" -> rounds(4, 4);
          case "wavefront" -> wavefront(AUTO);
          default -> throw wanted(text);
        };
    if (parts.length == 1) {
      return found;
    }
    if (found.kind == Kind.NONE) {
      throw wanted(text);
    }
    for (String option : parts[1].split(",", -1)) {
      found = found.with(option, text);
    }
    return found;
  }

  private Speculation with(String option, String text) {
    if (option.equals("approximate")) {
      return approximately();
    }
    String[] pair = option.split("=", 2);
    boolean rounds = kind == Kind.ROUNDS;
    if (pair[0].equals("draft")) {
      return new Speculation(kind, draft(pair, text), lanes, approximate);
    }
    if (pair[0].equals(rounds ? "k" : "lanes")) {
      return new Speculation(kind, draft, number(pair, text), approximate);
    }
    throw wanted(text);
  }

  private int draft(String[] pair, String text) {
    boolean auto = kind == Kind.WAVEFRONT && pair.length == 2 && pair[1].equals("auto");
    return auto ? AUTO : number(pair, text);
  }

  private static int number(String[] pair, String text) {
    try {
      int number = pair.length == 2 ? Integer.parseInt(pair[1]) : 0;
      if (number >= 1) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Not a number; the message below says what is wanted.
    }
    throw wanted(text);
  }

  private static IllegalArgumentException wanted(String text) {
    return new IllegalArgumentException("'" + text + "' is no speculation, wanted " + FORMS);
  }

  @Override
  public String toString() {
    if (kind == Kind.NONE) {
      return kind.id();
    }
    String depth = draft == AUTO ? "auto" : Integer.toString(draft);
    String most = lanes == ANY ? "" : (kind == Kind.ROUNDS ? ",k=" : ",lanes=") + lanes;
    return kind.id() + ":draft=" + depth + most + (approximate ? ",approximate" : "");
  }
}
