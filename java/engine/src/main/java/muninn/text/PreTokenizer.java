package muninn.text;

import java.util.List;
import java.util.function.Function;
import muninn.text.regex.Regex;
import muninn.text.regex.Steps;

/** Cuts text into the pieces that the model sees, as the field {@code pre_tokenizer} says. */
sealed interface PreTokenizer {
  /** Makes this one's stage, which hands its pieces on to the next. */
  TextStage before(TextStage next, Steps steps);

  /**
   * Reads a pre-tokenizer.
   *
   * @throws muninn.UserException when it is of a kind that is not known, or a field is wrong
   */
  static PreTokenizer read(Part part) {
    if (part.isNull()) {
      return new Chain(List.of());
    }
    return switch (part.type()) {
      case "ByteLevel" -> ByteLevel.read(part);
      case "Digits" -> {
        boolean each = part.field("individual_digits").flag();
        yield new Cut(
            Regex.of(LibraryUnicode.NUMBERS),
            each ? Behavior.ISOLATED : Behavior.CONTIGUOUS,
            false);
      }
      case "Split" ->
          new Cut(
              part.field("pattern").pattern(),
              Behavior.read(part.field("behavior")),
              part.field("invert").flag());
      case "Punctuation" ->
          new Cut(
              Regex.of("[!-/:-@\\[-`{-~" + LibraryUnicode.PUNCTUATION + "]"),
              or(part.field("behavior"), Behavior::read, Behavior.ISOLATED),
              false);
      // The library's other regular expressions count joiners as part of a word.
      case "Whitespace" ->
          new Cut(
              Regex.of("[\\w\\x{200c}\\x{200d}]+|[^\\w\\x{200c}\\x{200d}\\s]+"),
              Behavior.REMOVED,
              true);
      case "WhitespaceSplit" -> new Cut(Regex.of("\\s"), Behavior.REMOVED, false);
      case "Metaspace" -> Metaspace.read(part);
      case "Sequence" ->
          new Chain(part.field("pretokenizers").list().stream().map(PreTokenizer::read).toList());
      default ->
          throw part.unknown(
              "ByteLevel",
              "Digits",
              "Split",
              "Metaspace",
              "Punctuation",
              "Whitespace",
              "WhitespaceSplit",
              "Sequence");
    };
  }

  private static <T> T or(Part part, Function<Part, T> read, T ifMissing) {
    return part.isNull() ? ifMissing : read.apply(part);
  }

  /** One after the other. */
  record Chain(List<PreTokenizer> parts) implements PreTokenizer {
    @Override
    public TextStage before(TextStage next, Steps steps) {
      TextStage stage = next;
      for (PreTokenizer part : parts.reversed()) {
        stage = part.before(stage, steps);
      }
      return stage;
    }
  }

  /** Cuts at the matches of a pattern. */
  record Cut(Regex pattern, Behavior behavior, boolean invert) implements PreTokenizer {
    @Override
    public TextStage before(TextStage next, Steps steps) {
      return new Cutter(pattern, behavior, invert, next, steps);
    }
  }

  /**
   * Writes each byte as a character of the {@link ByteAlphabet}.
   *
   * @param prefixSpace whether a space is put before a text that begins with none
   * @param words cuts at words first, as GPT-2 does; null for not at all
   */
  record ByteLevel(boolean prefixSpace, Cut words) implements PreTokenizer {
    private static final String GPT2 =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static ByteLevel read(Part part) {
      part.field("trim_offsets").flag();
      boolean words = part.field("use_regex").flag(true);
      return new ByteLevel(
          part.field("add_prefix_space").flag(),
          words ? new Cut(Regex.of(GPT2), Behavior.ISOLATED, false) : null);
    }

    @Override
    public TextStage before(TextStage next, Steps steps) {
      TextStage stage = ByteAlphabet.writer(next);
      if (words != null) {
        stage = words.before(stage, steps);
      }
      return prefixSpace ? spaced(stage) : stage;
    }

    private static TextStage spaced(TextStage next) {
      return (text, from, to, first) -> {
        if (text[from] == ' ') {
          next.take(text, from, to, first);
        } else {
          char[] longer = new char[to - from + 1];
          longer[0] = ' ';
          System.arraycopy(text, from, longer, 1, to - from);
          next.take(longer, 0, longer.length, first + 1);
        }
      };
    }
  }

  /**
   * Writes spaces as another character, after SentencePiece.
   *
   * @param replacement that character, usually ▁
   * @param split whether the text is cut before each of them
   */
  record Metaspace(String replacement, Prefix prefix, boolean split) implements PreTokenizer {
    /** Before which pieces the character is put where they begin with none. */
    enum Prefix {
      ALWAYS,
      FIRST,
      NEVER;

      /** The scheme, or what older files say instead of it. */
      static Prefix read(Part part) {
        Part scheme = part.field("prepend_scheme");
        Prefix prefix = ALWAYS;
        if (!scheme.isNull()) {
          prefix =
              switch (scheme.text()) {
                case "always" -> ALWAYS;
                case "first" -> FIRST;
                case "never" -> NEVER;
                default -> throw scheme.wrong("always, first or never");
              };
        }
        Part space = part.field("add_prefix_space");
        if (!space.flag(true) && prefix != NEVER) {
          throw space.wrong("true, or prepend_scheme to be never");
        }
        return prefix;
      }
    }

    private static Metaspace read(Part part) {
      return new Metaspace(
          Character.toString(part.field("replacement").character()),
          Prefix.read(part),
          part.field("split").flag(true));
    }

    @Override
    public TextStage before(TextStage next, Steps steps) {
      TextStage stage =
          split
              ? new Cutter(
                  Regex.literal(replacement), Behavior.MERGED_WITH_NEXT, false, next, steps)
              : next;
      return (text, from, to, first) -> {
        String replaced = new String(text, from, to - from).replace(" ", replacement);
        boolean prefixed = prefix == Prefix.ALWAYS || prefix == Prefix.FIRST && first > 0;
        int added = 0;
        if (prefixed && !replaced.startsWith(replacement)) {
          replaced = replacement + replaced;
          added = replacement.length();
        }
        stage.take(replaced.toCharArray(), 0, replaced.length(), first + added);
      };
    }
  }
}
