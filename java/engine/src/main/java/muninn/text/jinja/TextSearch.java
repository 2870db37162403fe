package muninn.text.jinja;

import java.util.List;
import muninn.text.jinja.Value.Items;

/** The methods of Python's str that look for a text within bounds, counted in characters. */
final class TextSearch {
  private TextSearch() {}

  /** The part of a text that optional bounds, counted in characters, leave; null for none. */
  private static int[] bounds(String text, CallArguments.Bound bound) {
    int length = PythonText.length(text);
    int from = bound.isNone(1) ? 0 : bound.whole(1, 0);
    int to = bound.isNone(2) ? length : bound.whole(2, length);
    from = Math.max(0, from < 0 ? from + length : from);
    to = Math.min(length, Math.max(0, to < 0 ? to + length : to));
    return from > to ? null : new int[] {from, to};
  }

  /** {@code startswith} and {@code endswith}. */
  static boolean hasAffix(String name, String text, CallArguments arguments) {
    CallArguments.Bound bound = arguments.bind(name, 1, "affix", "start", "end");
    int[] bounds = bounds(text, bound);
    String part = bounds == null ? null : PythonText.part(text, bounds[0], bounds[1]);
    List<Value> affixes =
        bound.get(0) instanceof Items items && items.tuple()
            ? items.items()
            : List.of(bound.get(0));
    for (Value affix : affixes) {
      String wanted = new CallArguments.Bound(name, new Value[] {affix}).text(0);
      if (part != null
          && (name.equals("startswith") ? part.startsWith(wanted) : part.endsWith(wanted))) {
        return true;
      }
    }
    return false;
  }

  /** {@code find}, {@code index}, those from the end, and {@code count}. */
  static int find(String name, String text, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind(name, 1, "sub", "start", "end");
    String wanted = bound.text(0);
    int[] bounds = bounds(text, bound);
    String part = bounds == null ? null : PythonText.part(text, bounds[0], bounds[1]);
    budget.search(text.length(), wanted.length());
    if (name.equals("count")) {
      return part == null ? 0 : PythonText.count(part, wanted);
    }
    boolean last = name.startsWith("r");
    int at = part == null ? -1 : last ? part.lastIndexOf(wanted) : part.indexOf(wanted);
    if (at < 0 && name.endsWith("index")) {
      throw TemplateException.of("%s() of a text that is not there", name);
    }
    return at < 0 ? -1 : bounds[0] + part.codePointCount(0, at);
  }
}
