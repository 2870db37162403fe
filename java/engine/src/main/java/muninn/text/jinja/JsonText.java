package muninn.text.jinja;

import java.util.HexFormat;
import java.util.List;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.None;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.Whole;

/**
 * Values as JSON, with the spaces of Python's {@code json.dumps}: the filter {@code tojson} as the
 * published loaders replace it, so HTML is not escaped.
 */
final class JsonText {
  private final Budget budget;
  private final boolean ascii;
  private final String indent; // null for one line
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sorted;
  private final StringBuilder out = new StringBuilder();

  private JsonText(CallArguments.Bound options, Budget budget) {
    this.budget = budget;
    ascii = options.truth(0, false);
    indent = options.isNone(1) ? null : indent(options, budget);
    List<Value> separators = options.isNone(2) ? List.of() : Iteration.list(options.get(2), budget);
    if (!separators.isEmpty() && separators.size() != 2) {
      throw TemplateException.of("tojson takes two separators, found %d", separators.size());
    }
    itemSeparator = separators.isEmpty() ? indent == null ? ", " : "," : text(separators.get(0));
    keySeparator = separators.isEmpty() ? ": " : text(separators.get(1));
    sorted = options.truth(3, false);
  }

  /** {@code value | tojson(ensure_ascii, indent, separators, sort_keys)}. */
  static Text of(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound options =
        arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    JsonText json = new JsonText(options, budget);
    json.write(value, 0);
    return new Text(json.out.toString());
  }

  private static String indent(CallArguments.Bound options, Budget budget) {
    if (options.get(1) instanceof Text text) {
      return text.chars();
    }
    int width = Math.max(0, options.whole(1, 0));
    budget.text(width);
    return " ".repeat(width);
  }

  private static String text(Value separator) {
    if (separator instanceof Text text) {
      return text.chars();
    }
    throw TemplateException.type("a separator of tojson", separator);
  }

  private void write(Value value, int depth) {
    budget.enter();
    switch (value) {
      case Text text -> quote(text.chars());
      case Whole whole -> put(PythonNumbers.text(whole.number()));
      case Real real -> put(real(real.number()));
      case Truth truth -> put(truth == Truth.TRUE ? "true" : "false");
      case None _ -> put("null");
      case Items items -> list(items.items(), depth);
      case Mapping mapping -> object(mapping, depth);
      case Undefined undefined -> throw TemplateException.of("tojson: %s", undefined.why());
      default -> throw TemplateException.type("tojson", value);
    }
    budget.leave();
  }

  private static String real(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    if (Double.isInfinite(number)) {
      return number < 0 ? "-Infinity" : "Infinity";
    }
    return PythonNumbers.text(number);
  }

  private void put(String text) {
    budget.append(out.length(), text.length());
    out.append(text);
  }

  private void list(List<Value> items, int depth) {
    if (items.isEmpty()) {
      put("[]");
      return;
    }
    put("[");
    for (int i = 0; i < items.size(); i++) {
      put(i == 0 ? "" : itemSeparator);
      line(depth + 1);
      write(items.get(i), depth + 1);
    }
    line(depth);
    put("]");
  }

  private void object(Mapping mapping, int depth) {
    if (mapping.size() == 0) {
      put("{}");
      return;
    }
    List<Value> entries = Iteration.list(new Value.View(Value.View.Kind.ITEMS, mapping), budget);
    put("{");
    boolean first = true;
    for (Value entry : sorted ? Comparison.sorted(entries, e -> e, false, budget) : entries) {
      List<Value> pair = ((Items) entry).items();
      put(first ? "" : itemSeparator);
      first = false;
      line(depth + 1);
      quote(key(pair.get(0)));
      put(keySeparator);
      write(pair.get(1), depth + 1);
    }
    line(depth);
    put("}");
  }

  private static String key(Value key) {
    return switch (key) {
      case Text text -> text.chars();
      case Whole whole -> PythonNumbers.text(whole.number());
      case Real real -> real(real.number());
      case Truth truth -> truth == Truth.TRUE ? "true" : "false";
      case None _ -> "null";
      default -> throw TemplateException.type("tojson of a dict with a key", key);
    };
  }

  private void line(int depth) {
    if (indent != null) {
      budget.text((long) indent.length() * depth);
      put("\n" + indent.repeat(depth));
    }
  }

  private void quote(String text) {
    budget.text(text.length());
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\f' -> quoted.append("\\f");
        case '\b' -> quoted.append("\\b");
        default -> {
          if (c < ' ' || ascii && c > '~') {
            quoted.append("\\u").append(HexFormat.of().toHexDigits(c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    put(quoted.append('"').toString());
  }
}
