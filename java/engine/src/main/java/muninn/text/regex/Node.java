package muninn.text.regex;

import java.util.List;

/** What a pattern says, as a tree. Groups are gone: nobody asks for what they captured. */
sealed interface Node {
  /** The most code points of a part that has no bound. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /** One character of a set. */
  record Chars(CharSet set) implements Node {}

  /** One after the other; of no parts, the empty text. */
  record Sequence(List<Node> parts) implements Node {}

  /** The first that lets the rest match. */
  record Choice(List<Node> alternatives) implements Node {}

  /** As often as said, {@link #UNBOUNDED} for no upper bound. */
  record Repeat(Node body, int least, int most, Greed greed) implements Node {}

  /** What must, or must not, stand before or behind this place. */
  record Look(Node body, boolean ahead, boolean negative) implements Node {}

  /** Once matched, never matched otherwise. */
  record Atomic(Node body) implements Node {}

  /** A place between two characters. */
  record Anchor(Place place) implements Node {}

  /** Whether a repetition wants as much or as little as possible, or all or nothing. */
  enum Greed {
    GREEDY,
    LAZY,
    POSSESSIVE
  }

  /** The places that a pattern can name: two by {@code ^} and {@code $}, the others by a letter. */
  enum Place {
    LINE_BEGIN(0),
    LINE_END(0),
    TEXT_BEGIN('A'),
    TEXT_END('z'),
    LAST_LINE_END('Z'),
    WORD_EDGE('b'),
    NO_WORD_EDGE('B');

    private final int letter;

    Place(int letter) {
      this.letter = letter;
    }

    /** What follows the backslash, 0 for none. */
    int letter() {
      return letter;
    }
  }

  /** The fewest code points it takes. */
  default int least() {
    return switch (this) {
      case Chars _ -> 1;
      case Sequence s -> sum(s.parts.stream().mapToLong(Node::least).sum());
      case Choice c -> c.alternatives.stream().mapToInt(Node::least).min().orElse(0);
      case Repeat r -> sum((long) r.body.least() * r.least);
      case Atomic a -> a.body.least();
      case Look _, Anchor _ -> 0;
    };
  }

  /** The most code points it takes, or {@link #UNBOUNDED}. */
  default int most() {
    return switch (this) {
      case Chars _ -> 1;
      case Sequence s -> sum(s.parts.stream().mapToLong(Node::most).sum());
      case Choice c -> c.alternatives.stream().mapToInt(Node::most).max().orElse(0);
      case Repeat r -> sum((long) r.body.most() * r.most);
      case Atomic a -> a.body.most();
      case Look _, Anchor _ -> 0;
    };
  }

  /** Whether a part of it, once matched, is never matched otherwise. */
  default boolean isOnceForAll() {
    return switch (this) {
      case Sequence s -> s.parts.stream().anyMatch(Node::isOnceForAll);
      case Choice c -> c.alternatives.stream().anyMatch(Node::isOnceForAll);
      case Repeat r -> r.greed == Greed.POSSESSIVE || r.body.isOnceForAll();
      case Atomic _ -> true;
      case Chars _, Look _, Anchor _ -> false;
    };
  }

  private static int sum(long codePoints) {
    return (int) Math.min(codePoints, UNBOUNDED);
  }
}
