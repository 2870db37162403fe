package muninn.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.model.Fixture;
import muninn.text.regex.Matcher;
import muninn.text.regex.Regex;
import muninn.text.regex.RegexException;
import muninn.text.regex.Steps;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns match what Oniguruma matches, in bounded time and memory. */
class PatternTest {
  /** Random patterns; {@code -Dmuninn.patterns=20000} looks longer. */
  private static final int PATTERNS = Integer.getInteger("muninn.patterns", 300);

  private static final Path GPT2 =
      Path.of(PatternTest.class.getResource("/tokenizers/gpt2.json").getPath());

  /** The library with another pre-tokenizer, and without merges: each byte is a token. */
  private static Library library(Consumer<ObjectNode> preTokenizer) {
    ObjectNode json = (ObjectNode) Fixture.json(GPT2);
    json.putArray("added_tokens");
    ((ObjectNode) json.get("model")).putArray("merges");
    ObjectNode sequence = json.putObject("pre_tokenizer").put("type", "Sequence");
    var parts = sequence.putArray("pretokenizers");
    preTokenizer.accept(parts.addObject());
    parts
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
    return new Library(json.toString());
  }

  private static Library cutAtMatches(String pattern) {
    return library(
        split -> {
          split.put("type", "Split").put("behavior", "Removed").put("invert", true);
          split.putObject("pattern").put("Regex", pattern);
        });
  }

  /** How many bytes each match has that is not empty. */
  private static List<Integer> matches(Regex regex, String text, long steps) {
    Matcher matcher = regex.matcher(new Steps(steps));
    matcher.reset(text.toCharArray(), 0, text.length());
    List<Integer> bytes = new ArrayList<>();
    while (matcher.next()) {
      if (matcher.start() < matcher.end()) {
        String match = text.substring(matcher.start(), matcher.end());
        bytes.add(match.getBytes(StandardCharsets.UTF_8).length);
      }
    }
    return bytes;
  }

  private static List<Integer> list(int[] numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }

  static Stream<String> patterns() {
    return Stream.of(
        "\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s",
        "a|ab|abc",
        "(?:a|ab)(?:c|bcd)?",
        "[a-c]+?b|[^\\s\\p{L}]{2,3}?",
        "\\w+|[^\\w\\s]+",
        "[\\w-]+",
        "\\W+",
        "(?<=\\s)\\S+",
        "(?<!\\p{L})\\p{L}(?=\\p{L})",
        "^.+$",
        "\\A\\S|\\S\\z|\\s\\Z",
        "\\b\\w",
        "\\B.",
        "(?i:'s|'t|'re|k+)",
        "(?i)don|we(?-i)'|L",
        "(?m:t.e)",
        "(?>\\s+)\\S",
        "\\s*+\\S?+",
        "[[:alpha:]&&[^aeiou]]+|[[:^alnum:]]{2}",
        "[^(\\s|[.,!?…。])]+",
        "\\R|\\h+",
        "\\p{Han}+|\\p{Hiragana}|\\p{^L}{3}|\\P{N}",
        "\\p{Lu}\\p{Ll}*|\\p{M}|\\p{Sc}|\\p{Emoji}",
        "(\\p{L}+)(?<n> \\p{L}+)?",
        "(?#nothing)x?",
        "\\x{e4}|\\u00fc|\\x41|\\t|[\\x{4e00}-\\x{9fff}]",
        "a{,2}b|c{2,}|}{1,2}|\\{",
        "(?:[a-z]{1,2}){2}+|(?:ab)*?c",
        "|a",
        "(?=a)|\\s");
  }

  @ParameterizedTest
  @MethodSource("patterns")
  void matchesWhatOnigurumaMatches(String pattern) {
    Regex regex = Regex.of(pattern);
    RandomText texts = new RandomText(3, List.of());
    try (Library library = cutAtMatches(pattern)) {
      for (int i = 0; i < 300; i++) {
        String text = texts.next().replaceAll("\\p{Cs}", "z");
        assertThat(matches(regex, text, 10_000_000))
            .as(text)
            .isEqualTo(list(library.tokensOfPieces(text)));
      }
    }
  }

  @Test
  void randomPatternsMatchWhatOnigurumaMatches() {
    int compared = 0;
    for (int seed = 0; seed < PATTERNS; seed++) {
      String pattern = new RandomPattern(new Random(seed)).next();
      Regex regex;
      try {
        regex = Regex.of(pattern);
      } catch (RegexException e) {
        continue;
      }
      try (Library library = cutAtMatches(pattern)) {
        for (int i = 0; i < 4; i++) {
          String text = RandomPattern.text(new Random(1000L * seed + i));
          assertThat(matches(regex, text, 100_000))
              .as("seed %d: %s on %s", seed, pattern, text)
              .isEqualTo(list(library.tokensOfPieces(text)));
          compared++;
        }
      } catch (RuntimeException e) {
        // Some patterns backtrack for ever, and some that we take are refused by Oniguruma.
        assertThat(e.getMessage()).containsAnyOf("100,000 steps", "Oniguruma error");
      }
    }
    assertThat(compared).isGreaterThan(2 * PATTERNS);
  }

  /** Sets of characters, and what pre-tokenizers cut at: asked of every character there is. */
  static Stream<String> sets() {
    return Stream.of(
        "\\p{L}",
        "\\p{N}",
        "\\p{M}",
        "\\p{P}",
        "\\p{S}",
        "\\p{Lu}",
        "\\s",
        "\\w",
        "[\\w]",
        "\\d",
        "\\p{Alpha}",
        "\\p{Upper}",
        "\\p{Lower}",
        "\\p{Han}",
        "\\p{Emoji}",
        "Digits",
        "Punctuation",
        "WhitespaceSplit",
        "Whitespace");
  }

  @ParameterizedTest
  @MethodSource("sets")
  void setsOfCharactersAreThoseOfTheLibrary(String set) {
    Consumer<ObjectNode> split =
        part -> {
          if (!set.matches("[A-Za-z]+")) {
            part.put("type", "Split").put("behavior", "Isolated").put("invert", false);
            part.putObject("pattern").put("Regex", set);
          } else {
            part.put("type", set);
            if (set.equals("Digits")) {
              part.put("individual_digits", true);
            }
          }
        };
    ObjectNode ours = Fixture.json("{}".getBytes(StandardCharsets.UTF_8)).deepCopy();
    split.accept(ours);
    PreTokenizer preTokenizer = PreTokenizer.read(new Part(GPT2, "pre_tokenizer", ours));
    try (Library library = library(split)) {
      for (int block = 0; block < 0x1100; block++) {
        if (block >= 0xd8 && block < 0xe0 || isEmpty(block)) {
          continue;
        }
        StringBuilder text = new StringBuilder();
        for (int c = block << 8; c < block + 1 << 8; c++) {
          text.append(c % 2 == 0 ? 'a' : '!').appendCodePoint(c);
        }
        List<Integer> pieces = new ArrayList<>();
        TextStage stage =
            preTokenizer.before(
                (characters, from, to, first) ->
                    pieces.add(
                        new String(characters, from, to - from)
                            .getBytes(StandardCharsets.UTF_8)
                            .length),
                new Steps(1_000_000));
        stage.take(text.toString().toCharArray(), 0, text.length(), 1);
        assertThat(pieces)
            .as("characters from %x", block << 8)
            .isEqualTo(list(library.tokensOfPieces(text.toString())));
      }
    }
  }

  /** Whether a block has no characters, or only those that nobody but its users knows. */
  private static boolean isEmpty(int block) {
    return block > 0x1ff
        && IntStream.range(block << 8, block + 1 << 8)
            .map(Character::getType)
            .allMatch(t -> t == Character.UNASSIGNED || t == Character.PRIVATE_USE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        ")",
        "[",
        "a**",
        "(?:a*)*",
        "(a|b?)+",
        "\\1",
        "\\k<n>",
        "\\p{Nope}",
        "\\p",
        "(?P<n>a)",
        "(?~a)",
        "\\G",
        "\\K",
        "\\X",
        "*a",
        "[]",
        "[b-a]",
        "(?i:ß)",
        "(?i:stop)",
        "a{5,2}",
        "a{2}?",
        "(?<=a+)b",
        "(?<=a*)",
        "a{1001}",
        "(?:(?:(?:a{999}){999}){999})",
        "\\xff",
        "\\x{110000}",
        "\\x{d800}",
        "(?x)a",
        "(?:^)*",
        "[a&&]",
        "\\"
      })
  void whatIsNotSupportedIsRefusedByName(String pattern) {
    assertThatThrownBy(() -> Regex.of(pattern))
        .isInstanceOf(RegexException.class)
        .message()
        .isNotBlank()
        .doesNotContain("\n");
  }

  @Test
  void deepAndLongPatternsAreRefused() {
    assertThatThrownBy(() -> Regex.of("(".repeat(60) + ")".repeat(60)))
        .isInstanceOf(RegexException.class);
    assertThatThrownBy(() -> Regex.of("[".repeat(60))).isInstanceOf(RegexException.class);
    assertThatThrownBy(() -> Regex.of("a".repeat(30_000))).isInstanceOf(RegexException.class);
    assertThatThrownBy(() -> Regex.of("a?".repeat(3) + "?".repeat(1000)))
        .isInstanceOf(RegexException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(a+)+$", "(a|aa)+b", "(?:a+)*?b", "(?=(a+)+b)a", "(?:a|a)*+b"})
  void aPatternThatBacktracksForEverRunsOutOfSteps(String pattern) {
    Matcher matcher = Regex.of(pattern).matcher(new Steps(5_000_000));
    char[] text = ("a".repeat(5000) + "!").toCharArray();
    matcher.reset(text, 0, text.length);
    assertThatThrownBy(matcher::next)
        .isInstanceOf(Steps.ExhaustedException.class)
        .hasMessageContaining("5,000,000 steps");
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "a", "\n", "1", "中", "\u0301", "!"})
  void aLongRunOfOneCharacterTakesStepsInProportion(String character) {
    String pattern =
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    String text = character.repeat(1_000_000) + "x";
    Matcher matcher = Regex.of(pattern).matcher(new Steps(16_000_000));
    matcher.reset(text.toCharArray(), 0, text.length());
    int end = 0;
    while (matcher.next()) {
      end = matcher.end();
    }
    assertThat(end).isEqualTo(text.length());
  }
}
