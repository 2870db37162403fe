package muninn.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Everything that Jinja 3.1 rendered comes out the same, and what it refused is refused: templates
 * written as public models write them with all kinds of conversations, and thousands of random
 * expressions and statements ({@code tools/make-templates.py} made the answers).
 */
class JinjaGoldenTest {
  private static final String REFUSED = "(refused)";

  static Stream<Arguments> templates() {
    return StreamSupport.stream(JinjaFixture.json("rendered.json").spliterator(), false)
        .map(row -> Arguments.of(row.get(0).textValue(), row.get(1)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("templates")
  void aTemplateRendersEveryConversationAsJinjaDoes(String name, JsonNode wanted) {
    Template template = Template.parse(JinjaFixture.text(name));
    JsonNode talks = JinjaFixture.json("conversations.json");
    for (int i = 0; i < talks.size(); i++) {
      String want =
          wanted.get(i).isNull()
              ? REFUSED
              : wanted.get(i).isObject()
                  ? wanted.get(i).get("raised").textValue()
                  : wanted.get(i).textValue();
      String found;
      try {
        found = template.render(JinjaFixture.conversation(talks.get(i)), JinjaFixture.CLOCK);
      } catch (TemplateException e) {
        found = e.isRaised() ? e.getMessage() : REFUSED;
      }
      assertThat(found).as("conversation %d", i).isEqualTo(want);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"operators.json", "expressions.json"})
  void anExpressionComesToWhatJinjaSays(String file) {
    rendersAlike(file, expression -> "{{ " + expression + " }}", 4000);
  }

  @Test
  void whiteSpaceScopesLoopsAndMacrosAreJinjas() {
    rendersAlike("statements.json", template -> template, 2000);
  }

  private static void rendersAlike(String file, UnaryOperator<String> template, int least) {
    Map<String, Object> variables = JinjaFixture.variables(JinjaFixture.json("variables.json"));
    List<String> wrong = new ArrayList<>();
    JsonNode rows = JinjaFixture.json(file);
    for (JsonNode row : rows) {
      String source = row.get(0).textValue();
      String want = row.get(1).isTextual() ? row.get(1).textValue() : REFUSED;
      String found;
      try {
        found = Template.parse(template.apply(source)).render(variables, JinjaFixture.CLOCK);
      } catch (TemplateException e) {
        found = want.equals(REFUSED) ? REFUSED : "refused: " + e.getMessage();
      }
      if (!found.equals(want)) {
        wrong.add(source + "\n  found  " + found + "\n  wanted " + want);
      }
    }
    assertThat(rows.size()).as(file).isGreaterThanOrEqualTo(least);
    assertThat(String.join("\n", wrong)).as("%d of %d", wrong.size(), rows.size()).isEmpty();
  }
}
