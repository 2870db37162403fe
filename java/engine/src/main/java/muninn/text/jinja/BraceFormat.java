package muninn.text.jinja;

import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Whole;

/**
 * Python's {@code format.format(values)}: fields by place or by name, with what they look into,
 * conversions and formats. Fields inside a format go one level deep, as in Python.
 */
final class BraceFormat {
  private final CallArguments arguments;
  private final Budget budget;
  private int automatic; // the next place; -1 once places are stated

  private BraceFormat(CallArguments arguments, Budget budget) {
    this.arguments = arguments;
    this.budget = budget;
  }

  static Text format(Text format, CallArguments arguments, Budget budget) {
    if (format.safe()) {
      throw TemplateException.of("format() of a text made safe");
    }
    return new Text(new BraceFormat(arguments, budget).formatted(format.chars(), 2));
  }

  private String formatted(String format, int levels) {
    if (levels == 0) {
      throw TemplateException.of("format() with fields too deep inside each other");
    }
    budget.text(format.length());
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < format.length(); ) {
      char c = format.charAt(at);
      boolean twice = at + 1 < format.length() && format.charAt(at + 1) == c;
      if (c != '{' && c != '}') {
        out.append(c);
        at++;
      } else if (twice) {
        out.append(c);
        at += 2;
      } else if (c == '}') {
        throw TemplateException.of("format() with a '}' alone");
      } else {
        int end = end(format, at + 1);
        String field = field(format.substring(at + 1, end), levels);
        budget.append(out.length(), field.length());
        out.append(field);
        at = end + 1;
      }
    }
    return out.toString();
  }

  private static int end(String format, int begin) {
    int depth = 1;
    boolean key = false; // brackets hold anything
    for (int at = begin; at < format.length(); at++) {
      char c = format.charAt(at);
      key = key ? c != ']' : c == '[' && depth == 1;
      depth += key ? 0 : c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) {
        return at;
      }
    }
    throw TemplateException.of("format() with a '{' that is never closed");
  }

  /** {@code name.attribute[key]!conversion:format}. */
  private String field(String field, int levels) {
    int nameEnd = 0;
    boolean key = false;
    while (nameEnd < field.length() && (key || "!:".indexOf(field.charAt(nameEnd)) < 0)) {
      key = key ? field.charAt(nameEnd) != ']' : field.charAt(nameEnd) == '[';
      nameEnd++;
    }
    Value value = value(field.substring(0, nameEnd));
    int at = nameEnd;
    if (at < field.length() && field.charAt(at) == '!') {
      if (at + 1 == field.length() || at + 2 < field.length() && field.charAt(at + 2) != ':') {
        throw TemplateException.of("format() with a broken conversion '%s'", field);
      }
      value = converted(value, field.charAt(at + 1));
      at += 2;
    }
    String format = at < field.length() ? formatted(field.substring(at + 1), levels - 1) : "";
    return FormatSpec.format(value, format, budget);
  }

  private Value converted(Value value, char conversion) {
    return switch (conversion) {
      case 's' -> new Text(Printer.text(value, budget));
      case 'r' -> new Text(Printer.representation(value, budget));
      case 'a' -> new Text(PercentFormat.ascii(Printer.representation(value, budget)));
      default -> throw TemplateException.of("format() with the conversion '%s'", conversion);
    };
  }

  private Value value(String path) {
    int end = 0;
    while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
      end++;
    }
    Value value = argument(path.substring(0, end));
    while (end < path.length()) {
      int begin = end + 1;
      if (path.charAt(end) == '.') {
        end = begin;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
          end++;
        }
        value = Attributes.attribute(value, path.substring(begin, end), budget);
      } else if (path.charAt(end) == '[' && path.indexOf(']', begin) > begin) {
        end = path.indexOf(']', begin);
        String key = path.substring(begin, end++);
        value = Attributes.element(value, isNumber(key) ? number(key) : new Text(key), budget);
      } else {
        throw TemplateException.of("format() with a broken field '%s'", path);
      }
    }
    return value;
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.length() < 9 && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static Whole number(String text) {
    return Whole.of(Integer.parseInt(text));
  }

  private Value argument(String name) {
    if (!name.isEmpty() && !isNumber(name)) {
      Value value = arguments.named().get(name);
      if (value == null) {
        throw TemplateException.of("format() without a value for '%s'", name);
      }
      return value;
    }
    if (name.isEmpty() == automatic < 0 && (automatic != 0 || name.isEmpty())) {
      throw TemplateException.of("format() with some places stated and others not");
    }
    int place = name.isEmpty() ? automatic++ : Integer.parseInt(name);
    automatic = name.isEmpty() ? automatic : -1;
    if (place >= arguments.positional().size()) {
      throw TemplateException.of("format() without a value for place %d", place);
    }
    return arguments.positional().get(place);
  }
}
