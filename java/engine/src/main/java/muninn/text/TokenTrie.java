package muninn.text;

import java.util.ArrayList;
import java.util.List;
import muninn.text.regex.Steps;

/** Finds the longest of some texts that stands at a place; of equal texts the first one added. */
final class TokenTrie {
  /** From a state and a character to the next state. The first state is 0. */
  private final LongMap next = new LongMap(16);

  /** What is found in each state, or null. */
  private final List<AddedToken> tokens = new ArrayList<>();

  TokenTrie() {
    tokens.add(null);
  }

  /** Adds a token that is found by a text, which is not empty. */
  void add(String text, AddedToken token) {
    int state = 0;
    for (int i = 0; i < text.length(); i++) {
      long step = step(state, text.charAt(i));
      int known = next.get(step);
      if (known < 0) {
        known = tokens.size();
        next.put(step, known);
        tokens.add(null);
      }
      state = known;
    }
    if (tokens.get(state) == null) {
      tokens.set(state, token);
    }
  }

  private static long step(int state, char c) {
    return (long) state << 16 | c;
  }

  boolean isEmpty() {
    return tokens.size() == 1;
  }

  /** A token that was found, and where. */
  record Found(AddedToken token, int from, int to) {}

  /** The longest that stands at a place of a text, or null. */
  Found longest(String text, int from, Steps steps) {
    AddedToken longest = null;
    int to = from;
    int state = 0;
    int at = from;
    while (at < text.length() && (state = next.get(step(state, text.charAt(at)))) >= 0) {
      at++;
      if (tokens.get(state) != null) {
        longest = tokens.get(state);
        to = at;
      }
    }
    steps.take(1 + at - from);
    return longest == null ? null : new Found(longest, from, to);
  }
}
