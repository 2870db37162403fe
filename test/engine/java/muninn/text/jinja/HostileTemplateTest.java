package muninn.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No template runs for ever, fills the memory or overflows the stack: it ends with a text or is
 * refused by a sentence, on half of the stack that threads usually have.
 */
class HostileTemplateTest {
  private static final String LONG = "{% set s = 'a' * 1000000 %}";
  private static final String MANY = "{% for i in range(100000) %}";

  static List<String> endless() {
    List<String> templates = new ArrayList<>();
    for (String inside :
        List.of(
            "{% for j in range(100000) %}x{% endfor %}",
            "{% set x = range(100000) | list %}",
            "{% set x = 'a' * 1000000 %}",
            "{% set x = 2 ** 60000 %}",
            "{% set x = range(99999) | sort %}",
            "{% set x = range(99999) | map('string') | join %}",
            "{% set x = range(99999) | sum %}",
            "{% set x = 99999 in range(99999) %}",
            "{% set x = '%.900f' % 1e300 %}",
            "{% set x = namespace(a=range(9999) | list) %}{{ x }}",
            "{% set x = dict([(i, 1)]) %}{{ x | tojson(indent=9999) }}")) {
      templates.add(MANY + inside + "{% endfor %}");
    }
    for (String work :
        List.of(
            "s.title()",
            "s.swapcase()",
            "s | list",
            "s.replace('a', 'bb')",
            "s.replace('', 'b')",
            "s.strip(s)",
            "(s ~ 'b') in (s * 2)",
            "(s * 2).find(s ~ 'b')",
            "(s * 2).rfind('b' ~ s)",
            "(s * 2).split(s ~ 'b')",
            "(s * 2).count(s[:500000] ~ 'b')",
            "s[::-1]",
            "s | wordcount",
            "s | e",
            "s | tojson(ensure_ascii=true)",
            "s | indent",
            "s.split('a')",
            "s.splitlines()",
            "('é' * 1000000) | tojson(ensure_ascii=true)",
            "('\\u200b' * 900000 ,) | string",
            "s == 'a' * 1000000",
            "s < s ~ 'a'",
            "s | title",
            "s.isupper()",
            "s ~ s",
            "s.partition('b' * 100)",
            "s | replace('aaaaaaa', '') ",
            "s.expandtabs()",
            "s.encode is defined",
            "s | int",
            "s | float",
            "s[500000]",
            "'{}'.format(s)",
            "'%s' % s",
            "s | unique | list",
            "s | map(attribute=s) | list")) {
      templates.add(LONG + MANY + "{% set x = " + work + " %}{% endfor %}");
    }
    return templates;
  }

  static List<String> enormous() {
    String tens = "{% set a = [1] * 10 %}";
    for (String name : List.of("b", "c", "d", "e", "f", "g", "h", "i", "j")) {
      tens +=
          "{% set NAME = [a, a, a, a, a, a, a, a, a, a] %}".replace("NAME", name)
              + "{% set a = NAME %}".replace("NAME", name);
    }
    return List.of(
        "{{ 'a' * 10 ** 9 }}",
        "{{ [1] * 10 ** 9 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ 2 ** 70000 }}",
        "{{ 'a'.ljust(10 ** 9) }}",
        "{{ 'a'.zfill(2000000000) }}",
        "{{ 'a' | center(10 ** 9) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%.1000000000f' % 1 }}",
        "{{ '%*d' % (10 ** 9, 1) }}",
        "{{ '{:>99999999}'.format(1) }}",
        "{{ '{:.99999999f}'.format(1.0) }}",
        "{{ '{:{}}'.format(1, 10 ** 8) }}",
        "{{ 'a\\tb'.expandtabs(10 ** 9) }}",
        "{{ 'a\\nb' | indent(10 ** 9) }}",
        "{{ [1, [2]] | tojson(indent=10 ** 9) }}",
        "{{ [1] | batch(10 ** 9, 0) | list }}",
        "{{ [1] | slice(10 ** 9) | list }}",
        "{{ 'a' | truncate(-5) }}",
        "{{ range(10 ** 9) }}",
        "{{ range(0, 10 ** 18, 1) | list }}",
        "{{ ('a,' * 9000000).split(',') | length }}",
        "{{ ('a\\n' * 8000000).splitlines() }}",
        "{{ 'x' * 16000000 ~ 'x' * 16000000 }}",
        "{{ (9 ** 9999) ** 9 }}",
        "{{ '1' * 1000000 | int }}",
        "{{ ('1' * 1000000) | int }}",
        "{{ ('1_' * 100000) | int }}",
        "{{ ('1' * 1000000) | float }}",
        "{{ [{}] | map(attribute='a.' * 100000) | list }}",
        "{{ '{' * 1000000 }}",
        "{{ ('{' * 1000000).format() }}",
        "{{ ('%(' * 100000) % {} }}",
        tens + "{{ a }}",
        tens + "{{ a | tojson }}",
        tens + "{{ a == a + [] }}",
        tens + "{{ a | replace('1', '2') | length }}",
        tens + "{{ [a, a] | sort }}",
        "{% set ns = namespace(t=(1, 1)) %}{% for i in range(40) %}{% set ns.t = (ns.t, ns.t) %}"
            + "{% endfor %}{{ {ns.t: 1} }}",
        "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}"
            + "{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(n=3) %}{% for i in range(60) %}{% set ns.n = ns.n * ns.n %}"
            + "{% endfor %}{{ ns.n }}");
  }

  static List<String> deep() {
    String nest = "{% set ns = namespace(x=[], y=0) %}{% for i in range(20000) %}";
    List<String> templates = new ArrayList<>();
    for (String grow : List.of("[ns.x]", "(ns.x,)", "{'a': ns.x}", "namespace(a=ns.x)")) {
      for (String use :
          List.of(
              "ns.x",
              "ns.x == ns.x",
              "ns.x | tojson",
              "{ns.x: 1}",
              "ns.x < ns.x",
              "ns.x in [ns.x]",
              "[ns.x, ns.x] | unique | list",
              "[ns.x, ns.x] | sort | length",
              "ns.x | string",
              "ns.x | list == [ns.x]")) {
        templates.add(nest + "{% set ns.x = " + grow + " %}{% endfor %}{{ " + use + " }}");
      }
    }
    for (String stream : List.of("map('string')", "select", "unique", "batch(1)", "reverse")) {
      templates.add(nest + "{% set ns.x = (ns.x | " + stream + ") %}{% endfor %}{{ ns.x | list }}");
    }
    for (String[] part :
        new String[][] {
          {"{{ ", "(", "1", ")", " }}"},
          {"{{ ", "[", "", "]", " }}"},
          {"{{ ", "not ", "1", "", " }}"},
          {"{{ ", "-", "1", "", " }}"},
          {"{{ ", "1 + ", "1", "", " }}"},
          {"{{ ", "1 ** ", "1", "", " }}"},
          {"{{ ", "a if a else ", "1", "", " }}"},
          {"{{ ", "1 and ", "1", "", " }}"},
          {"{{ ", "1 < ", "1", "", " }}"},
          {"{{ ", "'a' ~ ", "1", "", " }}"},
          {"{{ a", ".b", "", "", " }}"},
          {"{{ a", "[0]", "", "", " }}"},
          {"{{ a", "()", "", "", " }}"},
          {"{{ a", " | e", "", "", " }}"},
          {"{{ a", " is none", "", "", " }}"},
          {"{{ a[", "a[", "0", "]", "] }}"},
          {"{{ ", "{1: ", "1", "}", " }}"},
          {"", "{% if 1 %}", "x", "{% endif %}", ""},
          {"", "{% for i in 'a' %}", "x", "{% endfor %}", ""},
          {"{% if 0 %}", "{% elif 0 %}", "x", "", "{% endif %}"},
          {"", "{% filter e %}", "x", "{% endfilter %}", ""},
          {"", "{% macro f() %}", "x", "{% endmacro %}", ""},
          {"", "{% set a %}", "x", "{% endset %}", ""},
          {"{% for ", "(", "a", ")", " in [] %}{% endfor %}"},
          {"{{ f(", "f(", "", ")", ") }}"},
          {"{{ '", "\\", "", "", "' }}"},
          {"", "{", "", "", ""},
          {"", "{{", "", "", ""},
          {"", "{#", "", "", ""},
          {"{{ 1", "_1", "", "", " }}"},
          {"{{ 1.1", "_1", "", "", " }}"},
          {"{{ '{", "{", "", "}", "}'.format() }}"}
        }) {
      templates.add(part[0] + part[1].repeat(50_000) + part[2] + part[3].repeat(50_000) + part[4]);
    }
    templates.add("{% macro f(a) %}{{ f(a) }}{% endmacro %}{{ f(1) }}");
    templates.add(
        "{% macro f() %}{% call f() %}{% endcall %}{{ caller() }}{% endmacro %}{{ f() }}");
    templates.add("{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}");
    templates.add("{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}{{ ns == ns }}{{ [ns] }}");
    templates.add("{% set f = namespace %}{{ f(f(f)) }}{{ [loop, f] | map('default', 1) | list }}");
    return templates;
  }

  @ParameterizedTest
  @MethodSource("endless")
  void workWithoutEndIsRefused(String template) {
    assertThat(LittleStack.render(template, Map.of())).startsWith("refused: ");
  }

  @ParameterizedTest
  @MethodSource("enormous")
  void whatWouldFillTheMemoryIsRefusedOrSmall(String template) {
    assertThat(LittleStack.render(template, Map.of())).hasSizeLessThan(2_000_000);
  }

  @ParameterizedTest
  @MethodSource("deep")
  void nothingIsTooDeepForTheStack(String template) {
    LittleStack.render(template, Map.of("a", "x"));
  }

  @Test
  void aLongConversationHasTheWorkThatItNeeds() {
    String text = "word ".repeat(200_000);
    Map<String, Object> message = Map.of("role", "user", "content", text);
    String template =
        "{% for m in messages %}{{ m.role ~ '\\n"
            + "' + m.content | trim | replace('q', 'x') }}{% endfor %}";
    assertThat(LittleStack.render(template, Map.of("messages", List.of(message, message, message))))
        .hasSize(3 * (text.length() - 1 + 5));
  }
}
