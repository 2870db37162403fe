package muninn.model;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Looks through a chat template for what Jinjava passes over in silence or does otherwise than
 * Jinja: unknown filters render as nothing, a condition in a {@code for} is ignored, and so on. The
 * lists were found by rendering some two hundred and fifty constructs with both (Jinjava 2.8.4,
 * Jinja 3.1.6).
 */
final class JinjaScreen {
  static final Set<String> TAGS =
      Set.of("if", "elif", "else", "for", "set", "macro", "break", "continue", "generation");
  static final Set<String> FILTERS =
      Set.of("trim", "length", "count", "default", "d", "join", "replace");
  private static final Set<String> TESTS =
      Set.of(
          "defined", "undefined", "none", "string", "mapping", "iterable", "number", "odd", "even");
  private static final Set<String> NONE = Set.of("none", "None", "null");

  /** Deeper brackets cost Jinjava's parser time without end. */
  private static final int MAX_DEPTH = 16;

  private final Deque<String> open = new ArrayDeque<>();

  private JinjaScreen() {}

  /**
   * What in a template cannot be rendered as Jinja would, in words; empty when nothing was found.
   */
  static Optional<String> find(JinjaSource source) {
    JinjaScreen screen = new JinjaScreen();
    for (JinjaSource.Segment segment : source.segments()) {
      Optional<String> found =
          switch (segment.kind()) {
            case TEXT -> Optional.empty();
            case EXPRESSION -> inExpression(segment.words());
            case TAG -> screen.inTag(segment.words()).or(() -> inExpression(segment.words()));
          };
      if (found.isPresent()) {
        return Optional.of(found.get() + " (line " + segment.line() + ")");
      }
    }
    return Optional.empty();
  }

  private Optional<String> inTag(List<String> words) {
    if (words.isEmpty()) {
      return Optional.of("an empty tag");
    }
    String name = words.getFirst();
    boolean end = name.startsWith("end");
    String begun = end ? name.substring(3) : name;
    if (!TAGS.contains(begun)) {
      return Optional.of("tag '" + name + "'");
    }
    if (name.equals("for") && (words.contains("if") || words.contains("recursive"))) {
      return Optional.of("a 'for' with 'if' or 'recursive'");
    }
    if (name.equals("else") && "for".equals(open.peek())) {
      return Optional.of("an 'else' of a 'for'");
    }
    if ((name.equals("else") || name.equals("elif")) && !"if".equals(open.peek())) {
      return Optional.of("'" + name + "' without its begin");
    }
    if (begun.equals("for") || begun.equals("if")) {
      if (!end) {
        open.push(begun);
      } else if (!begun.equals(open.poll())) {
        return Optional.of("'" + name + "' without its begin");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> inExpression(List<String> words) {
    int depth = 0;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      String before = i == 0 ? "" : words.get(i - 1);
      String next = word(words, i + 1);
      String test = next.equals("not") ? word(words, i + 2) : next;
      if (word.equals("|") && !FILTERS.contains(next)) {
        return Optional.of("filter '" + next + "'");
      }
      if (word.equals("is") && !TESTS.contains(test)) {
        return Optional.of("test '" + test + "'");
      }
      if (word.equals(".") && word(words, i + 2).equals("(")) {
        return Optional.of("method '" + next + "'");
      }
      if (NONE.contains(word) && !before.equals("is") && !before.equals("not")) {
        return Optional.of("'" + word + "' as a value");
      }
      depth += "([{".contains(word) ? 1 : ")]}".contains(word) ? -1 : 0;
      if (depth > MAX_DEPTH) {
        return Optional.of("brackets in brackets, more than " + MAX_DEPTH + " deep");
      }
    }
    return Optional.empty();
  }

  private static String word(List<String> words, int index) {
    return index < words.size() ? words.get(index) : "";
  }
}
