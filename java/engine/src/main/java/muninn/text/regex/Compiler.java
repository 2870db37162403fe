package muninn.text.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes a pattern's tree the instructions that {@link Matcher} runs. */
final class Compiler {
  private static final int MOST_CODE = 100_000;

  private final List<CharSet> sets = new ArrayList<>();
  private final List<Instructions.Alternatives> tables = new ArrayList<>();
  private int[] code = new int[64];
  private int size;

  private Compiler() {}

  static Instructions compile(Node pattern) {
    Compiler compiler = new Compiler();
    compiler.node(pattern);
    compiler.add(Instructions.END);
    First first = First.of(pattern);
    return new Instructions(
        Arrays.copyOf(compiler.code, compiler.size),
        compiler.sets,
        compiler.tables,
        first.empty() ? null : CharSet.of(first.members()));
  }

  /** Adds an instruction; answers its place. */
  private int add(int... instruction) {
    if (size + instruction.length > MOST_CODE) {
      throw new RegexException("it is too large, written out with its repetitions");
    }
    if (size + instruction.length > code.length) {
      code = Arrays.copyOf(code, 2 * code.length);
    }
    System.arraycopy(instruction, 0, code, size, instruction.length);
    size += instruction.length;
    return size - instruction.length;
  }

  private int set(CharSet set) {
    sets.add(set);
    return sets.size() - 1;
  }

  private void node(Node node) {
    switch (node) {
      case Node.Chars c -> chars(c.set());
      case Node.Sequence s -> s.parts().forEach(this::node);
      case Node.Choice c -> choice(c.alternatives());
      case Node.Repeat r -> repeat(r);
      case Node.Look l -> look(l);
      case Node.Atomic a -> atomic(a.body());
      case Node.Anchor a -> add(Instructions.PLACE, size + 3, a.place().ordinal());
    }
  }

  private void chars(CharSet set) {
    if (set.only() >= 0) {
      add(Instructions.LITERAL, set.only());
    } else {
      add(Instructions.ONE, set(set));
    }
  }

  private void choice(List<Node> alternatives) {
    if (alternatives.size() > Instructions.Alternatives.MOST) {
      int half = alternatives.size() / 2;
      choice(
          List.of(
              new Node.Choice(alternatives.subList(0, half)),
              new Node.Choice(alternatives.subList(half, alternatives.size()))));
      return;
    }
    int[] places = new int[alternatives.size()];
    tables.add(First.alternatives(alternatives, places));
    add(Instructions.CHOOSE, tables.size() - 1);
    int[] jumps = new int[alternatives.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = size;
      node(alternatives.get(i));
      jumps[i] = add(Instructions.JUMP, 0);
    }
    for (int jump : jumps) {
      code[jump + 1] = size;
    }
  }

  private void repeat(Node.Repeat repeat) {
    if (repeat.body() instanceof Node.Chars c) {
      add(Instructions.RUN, set(c.set()), repeat.least(), repeat.most(), repeat.greed().ordinal());
      return;
    }
    if (repeat.greed() == Node.Greed.POSSESSIVE) {
      atomic(new Node.Repeat(repeat.body(), repeat.least(), repeat.most(), Node.Greed.GREEDY));
      return;
    }
    for (int i = 0; i < repeat.least(); i++) {
      node(repeat.body());
    }
    boolean lazy = repeat.greed() == Node.Greed.LAZY;
    if (repeat.most() == Node.UNBOUNDED) {
      int split = add(Instructions.SPLIT, 0, 0);
      node(repeat.body());
      add(Instructions.JUMP, split);
      split(split, split + 3, lazy);
      return;
    }
    List<Integer> splits = new ArrayList<>();
    for (int i = repeat.least(); i < repeat.most(); i++) {
      splits.add(add(Instructions.SPLIT, 0, 0));
      node(repeat.body());
    }
    splits.forEach(split -> split(split, split + 3, lazy));
  }

  /** Fills in a split between the body at a place and what comes next. */
  private void split(int split, int body, boolean lazy) {
    code[split + 1] = lazy ? size : body;
    code[split + 2] = lazy ? body : size;
  }

  private void look(Node.Look look) {
    int negative = look.negative() ? 1 : 0;
    if (look.ahead() && look.body() instanceof Node.Chars c) {
      add(Instructions.NEAR, size + 4, negative, set(c.set()));
      return;
    }
    int at =
        look.ahead()
            ? add(Instructions.AHEAD, 0, negative)
            : add(Instructions.BEHIND, 0, negative, look.body().least(), look.body().most());
    node(look.body());
    add(Instructions.END);
    code[at + 1] = size;
  }

  private void atomic(Node body) {
    int at = add(Instructions.ATOMIC, 0);
    node(body);
    add(Instructions.END);
    code[at + 1] = size;
  }
}
