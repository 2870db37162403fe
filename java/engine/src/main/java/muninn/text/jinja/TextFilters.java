package muninn.text.jinja;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Undefined;

/** The filters that make text of text; of other values they take the text that Python prints. */
final class TextFilters {
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern WORD_BEGIN =
      Pattern.compile("[-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);

  private TextFilters() {}

  static Value apply(String name, Value value, CallArguments arguments, Budget budget) {
    // Texts that count as HTML stay so, as with Jinja's soft_str.
    Text soft = value instanceof Text text ? text : new Text(Printer.text(value, budget));
    budget.text(soft.chars().length());
    return switch (name) {
      case "upper", "lower", "capitalize" -> {
        arguments.bind(name, 0);
        yield TextMethods.call(name, soft, CallArguments.NONE, budget);
      }
      case "center" -> {
        int width = arguments.bind(name, 0, "width").whole(0, 80);
        yield TextMethods.call(name, soft, CallArguments.of(Value.Whole.of(width)), budget);
      }
      case "trim" -> TextMethods.call("strip", soft, chars(arguments), budget);
      case "title" -> {
        arguments.bind(name, 0);
        yield new Text(titled(soft.chars()));
      }
      case "string" -> {
        arguments.bind(name, 0);
        yield soft;
      }
      case "safe" -> {
        arguments.bind(name, 0);
        yield new Text(soft.chars(), true);
      }
      case "e", "escape", "forceescape" -> {
        arguments.bind(name, 0);
        boolean done = soft.safe() && !name.equals("forceescape");
        yield done ? soft : new Text(Html.escaped(soft.chars(), budget), true);
      }
      case "replace" -> replaced(soft.chars(), arguments, budget);
      case "format" -> formatted(soft, arguments, budget);
      case "wordcount" -> {
        arguments.bind(name, 0);
        yield Value.Whole.of(WORD.matcher(soft.chars()).results().count());
      }
      case "indent" -> indented(text(name, value), arguments, budget);
      default -> truncated(value, arguments, budget);
    };
  }

  private static Text text(String name, Value value) {
    return switch (value) {
      case Text text -> text;
      case Undefined undefined -> throw undefined.used();
      default -> throw TemplateException.type(name, value);
    };
  }

  private static CallArguments chars(CallArguments arguments) {
    CallArguments.Bound bound = arguments.bind("trim", 0, "chars");
    return bound.get(0) == null ? CallArguments.NONE : CallArguments.of(bound.get(0));
  }

  private static String titled(String text) {
    StringBuilder titled = new StringBuilder();
    Matcher begin = WORD_BEGIN.matcher(text);
    int from = 0;
    while (begin.find()) {
      titled.append(word(text.substring(from, begin.start()))).append(begin.group());
      from = begin.end();
    }
    return titled.append(word(text.substring(from))).toString();
  }

  private static String word(String word) {
    if (word.isEmpty()) {
      return word;
    }
    int first = Character.charCount(word.codePointAt(0));
    return LetterCase.upper(word.substring(0, first)) + LetterCase.lower(word.substring(first));
  }

  private static Text replaced(String text, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
    String old = Printer.text(bound.get(0), budget);
    String now = Printer.text(bound.get(1), budget);
    int most = bound.isNone(2) ? -1 : bound.whole(2, -1);
    return new Text(TextMethods.replaced(text, old, now, most, budget));
  }

  private static Value formatted(Text format, CallArguments arguments, Budget budget) {
    if (arguments.named().isEmpty()) {
      return PercentFormat.format(format, new Items(arguments.positional(), true), budget);
    }
    if (!arguments.positional().isEmpty()) {
      throw TemplateException.of("format with values both by place and by name");
    }
    Mapping named = new Mapping();
    arguments.named().forEach(named::put);
    return PercentFormat.format(format, named, budget);
  }

  private static Text indented(Text text, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("indent", 0, "width", "first", "blank");
    boolean stated = bound.get(0) instanceof Text;
    int width = stated ? 0 : Math.max(0, bound.whole(0, 4));
    budget.text(width);
    String indentation = stated ? bound.text(0) : " ".repeat(width);
    boolean blank = bound.truth(2, false);
    budget.elements(PythonText.countLines(text.chars()));
    List<String> lines = PythonText.lines(text.chars() + "\n", false);
    budget.text((long) indentation.length() * lines.size() + text.chars().length());
    StringBuilder indented = new StringBuilder(bound.truth(1, false) ? indentation : "");
    for (int i = 0; i < lines.size(); i++) {
      boolean plain = i == 0 || lines.get(i).isEmpty() && !blank;
      indented.append(i == 0 ? "" : "\n").append(plain ? "" : indentation).append(lines.get(i));
    }
    return new Text(indented.toString(), text.safe());
  }

  private static Value truncated(Value value, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound =
        arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
    int length = bound.whole(0, 255);
    String end = bound.text(2, "...");
    int leeway = bound.isNone(3) ? 5 : bound.whole(3, 5);
    int kept = length - PythonText.length(end);
    if (kept < 0 || leeway < 0) {
      throw TemplateException.of("truncate to less than its end, or with a leeway below 0");
    }
    int now = Iteration.length(value, budget);
    if (now >= 0 && now <= (long) length + leeway) {
      return value; // whatever it is
    }
    Text text = text("truncate", value);
    budget.text((long) kept + end.length());
    String part = PythonText.part(text.chars(), 0, kept);
    int space = part.lastIndexOf(' ');
    boolean whole = bound.truth(1, false) || space < 0;
    return new Text((whole ? part : part.substring(0, space)) + end, text.safe());
  }
}
