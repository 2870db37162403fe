package muninn.text.regex;

import java.util.List;
import java.util.function.IntPredicate;

/**
 * The characters that a part of a pattern may begin with. A choice looks at the next character
 * first, and tries only the alternatives that may begin with it.
 *
 * @param members those characters
 * @param onlyAscii whether all of them are ASCII
 * @param empty whether the part may also match nothing
 */
record First(IntPredicate members, boolean onlyAscii, boolean empty) {
  private static final First NOTHING = new First(_ -> false, true, true);

  static First of(Node node) {
    return switch (node) {
      case Node.Chars c -> new First(c.set().members(), c.set().isAscii(), false);
      case Node.Sequence s -> sequence(s.parts());
      case Node.Choice c ->
          c.alternatives().stream().map(First::of).reduce(First::or).orElse(NOTHING);
      case Node.Repeat r -> {
        First body = of(r.body());
        yield new First(body.members, body.onlyAscii, body.empty || r.least() == 0);
      }
      case Node.Atomic a -> of(a.body());
      case Node.Look _, Node.Anchor _ -> NOTHING;
    };
  }

  private static First sequence(List<Node> parts) {
    First all = NOTHING;
    for (Node part : parts) {
      First first = of(part);
      boolean empty = first.empty;
      all = all.or(first);
      if (!empty) {
        return new First(all.members, all.onlyAscii, false);
      }
    }
    return all;
  }

  private First or(First other) {
    return new First(members.or(other.members), onlyAscii && other.onlyAscii, empty || other.empty);
  }

  /** The table of a choice; its places are filled in later. */
  static Instructions.Alternatives alternatives(List<Node> alternatives, int[] places) {
    int[] ascii = new int[128];
    int beyond = 0;
    int atEnd = 0;
    for (int i = 0; i < places.length; i++) {
      First first = of(alternatives.get(i));
      for (int c = 0; c < ascii.length; c++) {
        if (first.empty || first.members.test(c)) {
          ascii[c] |= 1 << i;
        }
      }
      beyond |= first.empty || !first.onlyAscii ? 1 << i : 0;
      atEnd |= first.empty ? 1 << i : 0;
    }
    return new Instructions.Alternatives(places, ascii, beyond, atEnd);
  }
}
