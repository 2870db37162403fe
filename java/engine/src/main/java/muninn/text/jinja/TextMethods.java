package muninn.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Whole;

/** The methods of Python's str. Of a text that counts as HTML the results do too. */
final class TextMethods {
  static final Set<String> NAMES =
      Set.of(
          "capitalize",
          "center",
          "count",
          "endswith",
          "expandtabs",
          "find",
          "format",
          "index",
          "isalnum",
          "isalpha",
          "isascii",
          "isdecimal",
          "isdigit",
          "islower",
          "isnumeric",
          "isprintable",
          "isspace",
          "istitle",
          "isupper",
          "join",
          "ljust",
          "lower",
          "lstrip",
          "partition",
          "removeprefix",
          "removesuffix",
          "replace",
          "rfind",
          "rindex",
          "rjust",
          "rpartition",
          "rsplit",
          "rstrip",
          "split",
          "splitlines",
          "startswith",
          "strip",
          "swapcase",
          "title",
          "upper",
          "zfill");

  private TextMethods() {}

  static Value call(String name, Text self, CallArguments arguments, Budget budget) {
    String text = self.chars();
    budget.text(text.length());
    return switch (name) {
      case "capitalize", "lower", "swapcase", "title", "upper" -> {
        arguments.bind(name, 0);
        budget.steps(text.length() / 4); // some go character by character
        yield new Text(cased(name, text), self.safe());
      }
      case "strip", "lstrip", "rstrip" -> new Text(strip(name, text, arguments), self.safe());
      case "split", "rsplit" -> split(name, self, arguments, budget);
      case "splitlines" -> {
        boolean keep = arguments.bind(name, 0, "keepends").truth(0, false);
        budget.elements(PythonText.countLines(text));
        yield list(PythonText.lines(text, keep), self.safe());
      }
      case "partition", "rpartition" -> partition(name, self, arguments, budget);
      case "removeprefix", "removesuffix" -> {
        String part = arguments.bind(name, 1, "affix").text(0);
        boolean start = name.equals("removeprefix");
        boolean has = start ? text.startsWith(part) : text.endsWith(part);
        int length = text.length();
        yield has
            ? new Text(
                text.substring(start ? part.length() : 0, start ? length : length - part.length()),
                self.safe())
            : self;
      }
      case "startswith", "endswith" -> Truth.of(TextSearch.hasAffix(name, text, arguments));
      case "find", "rfind", "index", "rindex", "count" ->
          Whole.of(TextSearch.find(name, text, arguments, budget));
      case "replace" -> replace(self, arguments, budget);
      case "join" -> join(self, arguments, budget);
      case "center", "ljust", "rjust", "zfill" ->
          new Text(padded(name, text, arguments, budget), self.safe());
      case "expandtabs" -> new Text(expanded(text, arguments, budget), self.safe());
      case "format" -> BraceFormat.format(self, arguments, budget);
      default -> {
        arguments.bind(name, 0);
        yield Truth.of(is(name, text));
      }
    };
  }

  private static String cased(String name, String text) {
    return switch (name) {
      case "capitalize" -> LetterCase.capitalize(text);
      case "lower" -> LetterCase.lower(text);
      case "swapcase" -> LetterCase.swapCase(text);
      case "title" -> LetterCase.title(text);
      default -> LetterCase.upper(text);
    };
  }

  private static boolean is(String name, String text) {
    return switch (name) {
      case "isascii" -> text.chars().allMatch(c -> c < 128);
      case "isprintable" -> text.codePoints().allMatch(Printer::isPrintable);
      case "islower" -> LetterCase.isAll(text, Character::isLowerCase);
      case "isupper" -> LetterCase.isAll(text, Character::isUpperCase);
      case "istitle" -> LetterCase.isTitle(text);
      default -> !text.isEmpty() && text.codePoints().allMatch(c -> is(name, c));
    };
  }

  private static boolean is(String name, int c) {
    return switch (name) {
      case "isalpha" -> Character.isLetter(c);
      case "isdecimal" -> Character.isDigit(c);
      case "isdigit" -> PythonText.isDigit(c);
      case "isnumeric" -> PythonText.isNumeric(c);
      case "isspace" -> PythonText.isSpace(c);
      default -> Character.isLetter(c) || PythonText.isNumeric(c); // isalnum
    };
  }

  private static String strip(String name, String text, CallArguments arguments) {
    CallArguments.Bound bound = arguments.bind(name, 0, "chars");
    boolean start = !name.equals("rstrip");
    boolean end = !name.equals("lstrip");
    if (!bound.isNone(0)) {
      return PythonText.strip(text, bound.text(0), start, end);
    }
    String stripped = start ? PythonText.stripStart(text) : text;
    return end ? PythonText.stripEnd(stripped) : stripped;
  }

  private static Items list(List<String> parts, boolean safe) {
    List<Value> list = new ArrayList<>(parts.size());
    parts.forEach(part -> list.add(new Text(part, safe)));
    return Items.list(list);
  }

  private static Value split(String name, Text self, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind(name, 0, "sep", "maxsplit");
    int most = Math.max(-1, bound.whole(1, -1));
    boolean fromEnd = name.equals("rsplit");
    if (bound.isNone(0)) {
      budget.elements(PythonText.countWords(self.chars()));
      List<String> words =
          fromEnd
              ? PythonText.splitFromEnd(self.chars(), most)
              : PythonText.split(self.chars(), most);
      return list(words, self.safe());
    }
    String separator = bound.text(0);
    if (separator.isEmpty()) {
      throw TemplateException.of("%s() with an empty separator", name);
    }
    budget.search(self.chars().length(), separator.length());
    budget.elements(PythonText.count(self.chars(), separator));
    List<String> parts =
        fromEnd
            ? PythonText.splitFromEnd(self.chars(), separator, most)
            : PythonText.split(self.chars(), separator, most);
    return list(parts, self.safe());
  }

  private static Value partition(String name, Text self, CallArguments arguments, Budget budget) {
    String text = self.chars();
    String separator = arguments.bind(name, 1, "sep").text(0);
    if (separator.isEmpty()) {
      throw TemplateException.of("%s() with an empty separator", name);
    }
    budget.search(text.length(), separator.length());
    boolean last = name.equals("rpartition");
    int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) {
      return last
          ? Items.tuple(Text.EMPTY, Text.EMPTY, self)
          : Items.tuple(self, Text.EMPTY, Text.EMPTY);
    }
    return Items.tuple(
        new Text(text.substring(0, at), self.safe()),
        new Text(separator, self.safe()),
        new Text(text.substring(at + separator.length()), self.safe()));
  }

  private static Text replace(Text self, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
    String now = self.safe() ? Html.escaped(bound.text(1), budget) : bound.text(1);
    return new Text(
        replaced(self.chars(), bound.text(0), now, bound.whole(2, -1), budget), self.safe());
  }

  /** {@code str.replace}; {@code most} replacements at most, below zero for all. */
  static String replaced(String text, String old, String now, int most, Budget budget) {
    budget.search(text.length(), old.length());
    int found = PythonText.count(text, old);
    int count = most < 0 ? found : Math.min(most, found);
    budget.text(text.length() + (long) count * Math.max(0, now.length() - old.length()));
    if (count == found && !old.isEmpty()) {
      return text.replace(old, now);
    }
    StringBuilder replaced = new StringBuilder();
    int from = 0;
    for (int i = 0; i < count; i++) {
      // An empty text stands before every character and at the end.
      int at = old.isEmpty() && i > 0 ? text.offsetByCodePoints(from, 1) : text.indexOf(old, from);
      replaced.append(text, from, at).append(now);
      from = at + old.length();
    }
    return replaced.append(text, from, text.length()).toString();
  }

  private static Text join(Text self, CallArguments arguments, Budget budget) {
    List<Value> items = Iteration.list(arguments.bind("join", 1, "iterable").get(0), budget);
    StringBuilder joined = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      if (!(items.get(i) instanceof Text item)) {
        throw TemplateException.type("join()", items.get(i));
      }
      boolean escape = self.safe() && !item.safe();
      String text = escape ? Html.escaped(item.chars(), budget) : item.chars();
      budget.append(joined.length(), (long) self.chars().length() + text.length());
      joined.append(i == 0 ? "" : self.chars()).append(text);
    }
    return new Text(joined.toString(), self.safe());
  }

  private static String padded(String name, String text, CallArguments arguments, Budget budget) {
    CallArguments.Bound bound = arguments.bind(name, 1, "width", "fillchar");
    String fill = name.equals("zfill") ? "0" : bound.text(1, " ");
    if (PythonText.length(fill) != 1) {
      throw TemplateException.of("%s() with other than one character to fill with", name);
    }
    int width = bound.whole(0, 0);
    int missing = Math.max(0, width - PythonText.length(text));
    budget.text((long) missing * fill.length());
    // An odd one goes to the left where the width is odd.
    int center = missing / 2 + (missing & width & 1);
    int left =
        switch (name) {
          case "ljust" -> 0;
          case "center" -> center;
          default -> missing;
        };
    if (name.equals("zfill") && (text.startsWith("-") || text.startsWith("+"))) {
      return text.charAt(0) + fill.repeat(missing) + text.substring(1);
    }
    return fill.repeat(left) + text + fill.repeat(missing - left);
  }

  private static String expanded(String text, CallArguments arguments, Budget budget) {
    int size = arguments.bind("expandtabs", 0, "tabsize").whole(0, 8);
    StringBuilder expanded = new StringBuilder();
    int column = 0;
    for (int c : text.codePoints().toArray()) {
      if (c == '\t') {
        int spaces = size > 0 ? size - column % size : 0;
        budget.append(expanded.length(), spaces);
        expanded.repeat(' ', spaces);
        column += spaces;
      } else {
        expanded.appendCodePoint(c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
    }
    return expanded.toString();
  }
}
