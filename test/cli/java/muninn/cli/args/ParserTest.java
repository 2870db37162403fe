package muninn.cli.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParserTest {
  private static final Option<String> PROMPT =
      Option.of("--prompt", Value.text("TEXT"), "What to continue.").letter('p');
  private static final Option<Integer> STEPS =
      Option.of("--steps", Value.whole("N", 1, 99), "How deep.").letter('s').byDefault(7);
  private static final Option<List<Integer>> LANES =
      Option.of("--lanes", Value.whole("N", 0).list(), "How many.").or(List.of());
  private static final Option<List<String>> STOP =
      Option.of("--stop", Value.text("TEXT").repeated(), "Where to end.").or(List.of());
  private static final Option<Float> SCALE =
      Option.of("--scale", Value.real("X", "at least 0", x -> x >= 0), "How wide.").or(1f);
  private static final Option<Boolean> JSON = Option.flag("--json", "As JSON.");
  private static final Option<String> TEXT =
      Option.operand("TEXT", Value.text("TEXT"), "The same without a name.");
  private static final Usage USAGE =
      Usage.of("try", "Tries.")
          .operands(TEXT)
          .groups(Group.of("All", PROMPT, STEPS, LANES, STOP, SCALE, JSON));

  @TempDir Path folder;

  private static Arguments parse(String... line) {
    return Parser.parse(USAGE, List.of(line));
  }

  @Test
  void aValueStandsBehindTheOptionOrAnEqualsSignOrTheLetter() {
    for (String[] line :
        new String[][] {{"--steps", "4"}, {"--steps=4"}, {"-s", "4"}, {"-s4"}, {"-s=4"}}) {
      assertThat(parse(line).get(STEPS)).isEqualTo(4);
    }
  }

  @Test
  void whatIsNotGivenHasItsDefault() {
    Arguments given = parse();

    assertThat(given.get(STEPS)).isEqualTo(7);
    assertThat(given.get(PROMPT)).isNull();
    assertThat(given.get(JSON)).isFalse();
    assertThat(given.has(STEPS)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-t 5=", "-", "--", "-5", "--no-option", "@notes", "@", "%d", "", " ", "-sx y"})
  void aValueMayBeginWithAnything(String text) {
    assertThat(parse("--prompt", text).get(PROMPT)).isEqualTo(text);
    assertThat(parse("--prompt=" + text).get(PROMPT)).isEqualTo(text);
    assertThat(parse("--", text).get(TEXT)).isEqualTo(text);
  }

  @Property(tries = 300)
  void behindAnEqualsSignEveryTextIsTheValue(@ForAll String text) {
    assertThat(parse("--prompt=" + text).get(PROMPT)).isEqualTo(text);
    assertThat(parse("--", text).get(TEXT)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--steps", "--steps=4", "-s", "--json", "--help"})
  void anOptionIsNotTakenForTheValueBeforeItUnlessThatIsSaid(String option) {
    assertThatThrownBy(() -> parse("--prompt", option, "4"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--prompt needs a value")
        .hasMessageContaining("write --prompt='" + option + "'");
    assertThat(parse("--prompt=" + option).get(PROMPT)).isEqualTo(option);
  }

  @Test
  void noTextIsReadFromAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("notes"), "--steps 9\n");

    Arguments given = parse("@" + file);

    assertThat(given.get(TEXT)).isEqualTo("@" + file);
    assertThat(given.has(STEPS)).isFalse();
  }

  @Test
  void behindTwoDashesEverythingIsAnOperand() {
    assertThat(parse("--json", "--", "--steps").get(TEXT)).isEqualTo("--steps");
  }

  @Test
  void listsAndRepeatedOptionsKeepTheirOrder() {
    assertThat(parse("--lanes", "3,1,2").get(LANES)).containsExactly(3, 1, 2);
    assertThat(parse("--stop", "a,b", "--stop", "c").get(STOP)).containsExactly("a,b", "c");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--steps 0        | --steps 0: must be a whole number from 1 to 99",
        "-s 100           | -s 100: must be a whole number from 1 to 99",
        "-s1x             | -s 1x: must be a whole number from 1 to 99",
        "--steps ٣        | --steps ٣: must be a whole number",
        "--steps 1e1      | --steps 1e1: must be a whole number",
        "--steps 99999999999999999999 | --steps 99999999999999999999: must be a whole number",
        "--steps          | --steps needs a value: --steps N",
        "--scale -0.5     | --scale -0.5: must be a number at least 0",
        "--scale NaN      | --scale NaN: must be a number",
        "--scale 1f       | --scale 1f: must be a number",
        "--scale 0x1p3    | --scale 0x1p3: must be a number",
        "--scale 1e999    | --scale 1e999: must be a number",
        "--lanes 1,,2     | --lanes 1,,2: must be one or more",
        "--lanes 1,       | --lanes 1,: must be one or more",
        "--json=true      | --json takes no value, found 'true'",
        "--steps 1 -s 2   | -s 2: --steps 1 was given already",
        "--step 1         | 'muninn try' has no option --step: did you mean --steps",
        "--st 1           | 'muninn try' has no option --st: did you mean --stop or --steps or"
            + " --stacktrace?",
        "--la=1           | 'muninn try' has no option --la: did you mean --lanes?",
        "--STEPS 1        | 'muninn try' has no option --STEPS",
        "-steps 1         | -steps has one dash: for the option write --steps, for the value",
        "-prompt=x        | -prompt=x has one dash: for the option write --prompt=x, for the value",
        "–steps 1         | '–steps' begins with a long dash, which is text: for the option type"
            + " --steps",
        "—steps=1         | '—steps=1' begins with a long dash",
        "–s 1             | '–s' begins with a long dash, which is text: for the option type -s",
        "-js4             | 'muninn try' has no option -js4",
        "-h4              | 'muninn try' has no option -h4",
        "--=4             | 'muninn try' has no option --",
        "--steps=         | --steps '': must be a whole number",
        "-s=              | -s '': must be a whole number",
        "-s-1             | -s -1: must be a whole number from 1 to 99",
        "--steps +4.5     | --steps +4.5: must be a whole number",
        "--steps 1_0      | --steps 1_0: must be a whole number",
        "--prompt=a -p b  | -p b: --prompt a was given already, and it takes one value",
        "--xyzzy          | 'muninn try' has no option --xyzzy",
        "-x               | 'muninn try' has no option -x",
        "-5+3=            | 'muninn try' has no option -5+3: text that begins with a dash stands"
            + " behind --, as in: muninn try -- '-5+3='",
        "one two          | 'two' is one word too many",
      })
  void whatIsWrongIsNamedAsItWasTyped(String line, String message) {
    assertThatThrownBy(() -> parse(line.split(" ", -1)))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--steps x --help      | true",
        "--steps --help        | false", // is that its value? the message says what to write
        "--nonsense -h         | true",
        "a b c --help-all      | true",
        "-h --steps x          | true",
        "--steps x -- --help   | false",
        "-- a b --help         | false",
        "--json --help=x       | false",
      })
  void helpIsGivenBehindAMistakeToo(String line, boolean given) {
    if (given) {
      assertThat(Help.asked(parse(line.split(" ")))).isTrue();
    } else {
      assertThatThrownBy(() -> parse(line.split(" "))).isInstanceOf(UsageException.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--steps 4 text --json     | text   | 4",
        "text -s4                  | text   | 4",
        "--steps=+4 -- -s          | -s     | 4",
        "-                         | -      | 7",
        "-- --                     | --     | 7",
        "-- –steps                 | –steps | 7",
        "–nosuch                   | –nosuch | 7",
        "--json --json @x          | @x     | 7",
        "--prompt -steps t         | t      | 7",
        "--prompt=a=b t            | t      | 7",
      })
  void optionsAndTextStandInAnyOrder(String line, String text, int steps) {
    Arguments given = parse(line.split(" "));

    assertThat(given.get(TEXT)).isEqualTo(text);
    assertThat(given.get(STEPS)).isEqualTo(steps);
  }

  @Test
  void theLineIsKeptAsItWasTyped() {
    assertThat(parse("--steps", "4", "x").line()).containsExactly("try", "--steps", "4", "x");
  }
}
