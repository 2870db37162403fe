package muninn.text.jinja;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.None;
import muninn.text.jinja.Value.Range;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Stream;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.View;
import muninn.text.jinja.Value.Whole;

/** Values as Python prints them: {@code str()} at the outside, {@code repr()} inside lists. */
final class Printer {
  private final Budget budget;
  private final StringBuilder out = new StringBuilder();
  private final Set<Value> open = Collections.newSetFromMap(new IdentityHashMap<>());

  private Printer(Budget budget) {
    this.budget = budget;
  }

  /** {@code str(value)}. */
  static String text(Value value, Budget budget) {
    return switch (value) {
      case Text text -> text.chars();
      case Undefined _ -> "";
      default -> representation(value, budget);
    };
  }

  /** {@code repr(value)}. */
  static String representation(Value value, Budget budget) {
    Printer printer = new Printer(budget);
    printer.write(value);
    return printer.out.toString();
  }

  private void write(Value value) {
    budget.enter();
    switch (value) {
      case Text text when text.safe() -> {
        put("Markup(");
        quote(text.chars());
        put(")");
      }
      case Text text -> quote(text.chars());
      case Whole whole -> put(PythonNumbers.text(whole.number()));
      case Real real -> put(PythonNumbers.text(real.number()));
      case Truth truth -> put(truth == Truth.TRUE ? "True" : "False");
      case None _ -> put("None");
      case Undefined _ -> put("Undefined");
      case Items items -> list(items.items(), items.tuple() ? "(" : "[", end(items));
      case Mapping mapping -> entries(mapping.entries());
      case View view -> {
        put("dict_" + view.kind().name().toLowerCase(Locale.ROOT) + "(");
        list(Iteration.list(view, budget), "[", "]");
        put(")");
      }
      case Range range -> range(range);
      case Namespace namespace -> namespace(namespace);
      case Loop loop -> put("<LoopContext " + loop.index() + "/" + loop.length() + ">");
      case Macro macro -> put("<Macro " + quoted(macro.name()) + ">");
      case Stream _ ->
          throw TemplateException.of("printing a generator, which '| list' makes a list");
      case Callable callable ->
          throw TemplateException.of("printing %s, which is to be called", callable.name());
      case Cycler _ -> throw TemplateException.of("printing a cycler");
    }
    budget.leave();
  }

  private void put(String text) {
    budget.append(out.length(), text.length());
    out.append(text);
  }

  private static String end(Items items) {
    return items.tuple() ? items.items().size() == 1 ? ",)" : ")" : "]";
  }

  private void list(List<Value> items, String begin, String end) {
    put(begin);
    String separator = "";
    for (Value item : items) {
      put(separator);
      write(item);
      separator = ", ";
    }
    put(end);
  }

  private void entries(Iterable<Mapping.Entry> entries) {
    put("{");
    String separator = "";
    for (Mapping.Entry entry : entries) {
      put(separator);
      write(entry.key());
      put(": ");
      write(entry.value());
      separator = ", ";
    }
    put("}");
  }

  private void range(Range range) {
    String step = range.step() == 1 ? "" : ", " + range.step();
    put("range(" + range.start() + ", " + range.stop() + step + ")");
  }

  /** A namespace may hold itself. */
  private void namespace(Namespace namespace) {
    put("<Namespace {");
    if (open.add(namespace)) {
      String separator = "";
      for (var attribute : namespace.attributes.entrySet()) {
        put(separator);
        quote(attribute.getKey());
        put(": ");
        write(attribute.getValue());
        separator = ", ";
      }
      open.remove(namespace);
    } else {
      put("...");
    }
    put("}>");
  }

  private void quote(String text) {
    budget.text(4L * text.length());
    put(quoted(text));
  }

  /** {@code repr(str)}. */
  static String quoted(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder quoted = new StringBuilder().append(quote);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                  if (c == '\\' || c == quote) {
                    quoted.append('\\').append((char) c);
                  } else if (isPrintable(c)) {
                    quoted.appendCodePoint(c);
                  } else {
                    quoted.append('\\').append(Literals.spelled(c));
                  }
                }
              }
            });
    return quoted.append(quote).toString();
  }

  /** {@code str.isprintable()} of one character. */
  static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }
}
