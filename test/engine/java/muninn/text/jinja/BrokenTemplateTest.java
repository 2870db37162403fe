package muninn.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Breaks templates at random: each still renders or is refused. A failure names its template. */
class BrokenTemplateTest {
  /** How many templates are broken; {@code -Dmuninn.mutations=20000} looks longer. */
  private static final int ROUNDS = Integer.getInteger("muninn.mutations", 1000);

  @Test
  void aBrokenTemplateRendersOrIsRefused() {
    List<String> sources = new ArrayList<>();
    JinjaFixture.json("rendered.json")
        .forEach(row -> sources.add(JinjaFixture.text(row.get(0).textValue())));
    JinjaFixture.json("statements.json").forEach(row -> sources.add(row.get(0).textValue()));
    List<Map<String, Object>> talks = new ArrayList<>();
    JinjaFixture.json("conversations.json")
        .forEach(talk -> talks.add(JinjaFixture.conversation(talk)));
    int refused = 0;
    for (int seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      String broken = broken(sources, random);
      String end = LittleStack.render(broken, talks.get(random.nextInt(talks.size())));
      refused += end.startsWith("refused: ") ? 1 : 0;
    }
    assertThat(refused).as("the damage shows").isBetween(ROUNDS / 10, ROUNDS - ROUNDS / 50);
  }

  /** A template with some of its parts lost, repeated, swapped, or taken from another. */
  private static String broken(List<String> sources, Random random) {
    // The written ones as often as the random ones.
    int written = 36;
    StringBuilder text = new StringBuilder(source(sources, written, random));
    for (int i = 0; i <= random.nextInt(4); i++) {
      int at = random.nextInt(text.length() + 1);
      int to = Math.min(text.length(), at + random.nextInt(1 + random.nextInt(40)));
      String part = text.substring(at, to);
      switch (random.nextInt(6)) {
        case 0 -> text.delete(at, to);
        case 1 -> text.insert(at, part.repeat(random.nextInt(4)));
        case 2 -> text.insert(random.nextInt(text.length() + 1), part);
        case 3 -> {
          String other = source(sources, written, random);
          int from = random.nextInt(other.length());
          text.insert(at, other, from, Math.min(other.length(), from + random.nextInt(60)));
        }
        case 4 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        default -> {
          if (to > at) {
            text.setCharAt(at, (char) (text.charAt(at) ^ 1 << random.nextInt(8)));
          }
        }
      }
    }
    return text.toString();
  }

  private static String source(List<String> sources, int written, Random random) {
    return sources.get(
        random.nextBoolean() ? random.nextInt(written) : random.nextInt(sources.size()));
  }

  private static final List<String> PIECES =
      List.of(
          "{%",
          "%}",
          "{{",
          "}}",
          "{#",
          "#}",
          "-",
          "+",
          " not ",
          " in ",
          " is ",
          " if ",
          " else ",
          "|",
          "~",
          "(",
          ")",
          "[",
          "]",
          "{",
          "}",
          "'",
          "\"",
          "\\",
          ":",
          "::",
          ",",
          ".",
          "**",
          "//",
          "%",
          " 10**99 ",
          " * 99999999 ",
          "|list",
          "|map('upper')",
          "|tojson",
          "|sort",
          "|join",
          "|replace('', 'x')",
          ".split()",
          "[::-1]",
          "{% for x in messages recursive %}{{ loop(messages) }}{% endfor %}",
          "{% break %}",
          "{% raw %}",
          "{% endraw %}",
          "{% set ns.x = ns %}",
          "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
          "\u0000",
          "\ud800",
          "🚀",
          "{% endif %}",
          "{% endfor %}",
          "{% else %}",
          "loop.length",
          "range(99999)",
          " none ");
}
