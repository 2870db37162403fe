package muninn.text.regex;

import java.util.Locale;
import java.util.function.IntPredicate;

/**
 * The sets of characters that have a name: Unicode's general categories, its scripts, and
 * Oniguruma's classes. All are those of the JDK's Unicode version, which is Oniguruma's too (16).
 */
final class Properties {
  /** Short and long name of each general category, in the order of {@link Character#getType}. */
  private static final String[] CATEGORIES = {
    "cn unassigned",
    "lu uppercaseletter",
    "ll lowercaseletter",
    "lt titlecaseletter",
    "lm modifierletter",
    "lo otherletter",
    "mn nonspacingmark",
    "me enclosingmark",
    "mc spacingmark",
    "nd decimalnumber",
    "nl letternumber",
    "no othernumber",
    "zs spaceseparator",
    "zl lineseparator",
    "zp paragraphseparator",
    "cc control",
    "cf format",
    "",
    "co privateuse",
    "cs surrogate",
    "pd dashpunctuation",
    "ps openpunctuation",
    "pe closepunctuation",
    "pc connectorpunctuation",
    "po otherpunctuation",
    "sm mathsymbol",
    "sc currencysymbol",
    "sk modifiersymbol",
    "so othersymbol",
    "pi initialpunctuation",
    "pf finalpunctuation",
  };

  /** What the first letter of the short names stands for. */
  private static final String[] GROUPS = {
    "l letter", "m mark", "n number", "p punctuation", "s symbol", "z separator", "c other",
  };

  private static final int SEPARATORS = categories("z");
  private static final int WORD_CATEGORIES = categories("m", "nd", "pc");

  static final IntPredicate SPACE = c -> c >= 9 && c <= 13 || c == 0x85 || has(c, SEPARATORS);
  static final IntPredicate DIGIT = Character::isDigit;
  static final IntPredicate HEX =
      c -> c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f';
  static final IntPredicate WORD = c -> Character.isAlphabetic(c) || has(c, WORD_CATEGORIES);

  /** What Oniguruma takes for a word's character where it does not stand in a class. */
  static final IntPredicate WORD_ALONE = WORD.or(c -> "²³¹¼½¾".indexOf(c) >= 0);

  static final IntPredicate LINE_END =
      c -> c >= 10 && c <= 13 || c == 0x85 || c == 0x2028 || c == 0x2029;

  private Properties() {}

  /** A bit for each category whose short name begins with one of these texts. */
  private static int categories(String... names) {
    int bits = 0;
    for (int type = 0; type < CATEGORIES.length; type++) {
      for (String name : names) {
        if (CATEGORIES[type].startsWith(name)) {
          bits |= 1 << type;
        }
      }
    }
    return bits;
  }

  private static boolean has(int codePoint, int categories) {
    return (categories >>> Character.getType(codePoint) & 1) != 0;
  }

  /**
   * The set of this name; case, spaces, hyphens and underscores in it do not count.
   *
   * @param word what a word is made of at this place
   * @throws RegexException when there is none, or none that is implemented
   */
  static IntPredicate named(String name, IntPredicate word) {
    String key = name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "");
    int categories = category(key);
    if (categories != 0) {
      return c -> has(c, categories);
    }
    return switch (key) {
      case "any" -> _ -> true;
      case "assigned" -> c -> Character.getType(c) != Character.UNASSIGNED;
      case "ascii" -> c -> c < 128;
      case "alpha", "alphabetic" -> Character::isAlphabetic;
      case "alnum" -> c -> Character.isAlphabetic(c) || DIGIT.test(c);
      case "digit" -> DIGIT;
      case "upper", "uppercase" -> Character::isUpperCase;
      case "lower", "lowercase" -> Character::isLowerCase;
      case "punct" -> named("punctuation", word);
      case "space", "whitespace" -> SPACE;
      case "blank" -> c -> c == '\t' || Character.getType(c) == Character.SPACE_SEPARATOR;
      case "cntrl" -> named("control", word);
      case "xdigit" -> HEX;
      case "word" -> word;
      case "ideographic" -> Character::isIdeographic;
      case "emoji" -> Character::isEmoji;
      case "emojipresentation" -> Character::isEmojiPresentation;
      case "emojimodifier" -> Character::isEmojiModifier;
      case "emojimodifierbase" -> Character::isEmojiModifierBase;
      case "emojicomponent" -> Character::isEmojiComponent;
      case "extendedpictographic" -> Character::isExtendedPictographic;
      default -> script(name);
    };
  }

  private static int category(String key) {
    if (key.equals("lc") || key.equals("casedletter")) {
      return categories("lu", "ll", "lt");
    }
    for (String group : GROUPS) {
      if (isOneOf(key, group)) {
        return categories(group.substring(0, 1));
      }
    }
    for (String category : CATEGORIES) {
      if (isOneOf(key, category)) {
        return categories(category.substring(0, 2));
      }
    }
    return 0;
  }

  private static boolean isOneOf(String key, String names) {
    int space = names.indexOf(' ');
    return space > 0
        && (key.equals(names.substring(0, space)) || key.equals(names.substring(space + 1)));
  }

  private static IntPredicate script(String name) {
    try {
      var script = Character.UnicodeScript.forName(name.replaceAll("[ -]", "_"));
      return c -> Character.UnicodeScript.of(c) == script;
    } catch (IllegalArgumentException e) {
      throw new RegexException("the property " + name + " is not known");
    }
  }
}
