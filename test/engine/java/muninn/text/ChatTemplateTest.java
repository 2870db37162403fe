package muninn.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import muninn.UserException;
import muninn.text.ChatTemplate.Message;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {
  private static final Path FOLDER = TextFixture.golden("tokenizer-raven");
  private static final List<Message> TALK =
      List.of(
          new Message("system", " Be brief. "),
          new Message("user", "Hi {{ 7*7 }} {% raw %} & <b> \\n 'x' \"y\""),
          new Message("assistant", "\u00a0Yo\u3000\n"),
          new Message("user", "false"));

  @TempDir private Path temporary;

  static Stream<JsonNode> cases() {
    return StreamSupport.stream(
        TextFixture.json(FOLDER.resolve("cases.json")).get("chat").spliterator(), false);
  }

  private static List<Message> messages(JsonNode reference) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode m : reference.get("messages")) {
      messages.add(new Message(m.get("role").asText(), m.get("content").asText()));
    }
    return messages;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theFoldersTemplateRendersAsTheReferenceDoes(JsonNode reference) {
    assertThat(
            ChatTemplate.of(FOLDER, TokenizerConfig.read(FOLDER), _ -> false)
                .render(messages(reference), reference.get("add_generation_prompt").asBoolean()))
        .isEqualTo(reference.get("rendered").asText());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void withoutATemplateHuginnsOwnIsUsedAndIsTheSame(JsonNode reference) {
    assertThat(
            new HuginnTemplate()
                .render(messages(reference), reference.get("add_generation_prompt").asBoolean()))
        .isEqualTo(reference.get("rendered").asText());
  }

  @Test
  void whatPeopleSayIsTextAndNotTemplate() {
    String want =
        "system: Be brief. |user:Hi {{ 7*7 }} {% raw %} & <b> \\n 'x' \"y\"|"
            + "assistant:\u00a0Yo\u3000\n|user:false|";
    assertThat(render("{% for m in messages %}{{ m.role }}:{{ m.content }}|{% endfor %}"))
        .isEqualTo(want);
    assertThat(render("{% for m in messages %}{% if m.content %}1{% endif %}{% endfor %}"))
        .isEqualTo("1111");
  }

  /** What Jinja 3.1.6 answers, set up as Hugging Face does. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      quoteCharacter = '`',
      value = {
        "`{% for m in messages %}\\n{{ loop.index }}\\n{% endfor %}`@`1\\n2\\n3\\n4\\n`",
        "`  {% if true %}\\n  x\\n  {% endif %}\\ny\\n`@`  x\\ny`",
        "`{{- ' a ' -}}  b  {{- 'c' }}\\n`@` a bc`",
        "`a {#- c #} b`@`a b`",
        "`{#- c -#}\\n  a  \\n`@`a  `",
        "`a\\n  {# c #}\\nb`@`a\\nb`",
        "`line\\r\\nb`@`line\\nb`",
        "`a\\n\\n`@`a\\n`",
        "`{% set ns = namespace(x=1) %}{% for m in messages %}{% set ns.x = ns.x + 1 %}{% endfor"
            + " %}{{ ns.x }}`@`5`",
        "`{% for m in messages[1:] %}{{ m.role }} {% endfor %}`@`user assistant user `",
        "`{{ messages[-1].role }}`@`user`",
        "`{{ '\u00e9🚀' | length }}`@`2`",
        "`{% if tools is none %}a{% else %}b{% endif %}`@`a`",
        "`{% if tools is defined %}a{% else %}b{% endif %}`@`a`",
        "`{% if tools is defined and tools %}a{% else %}b{% endif %}`@`b`",
        "`{{ bos_token + messages[0]['content'] | trim + eos_token }}`@`<s>Be brief.</s>`",
        "`{{ messages[2].content | trim }}`@`Yo`",
        "`{% generation %}\\nabc\\n{% endgeneration %}\\nb`@`abc\\nb`",
        "`{% macro f(a,b=2) %}{{a}}-{{b}}{% endmacro %}{{ f(1) }}{{ f(1,b=3) }}`@`1-21-3`",
        "`{{ m }}{% if true %} a {% endif %} b`@` a  b`",
        "`a {%+ if true %}b{% endif +%}\\nc`@`a b\\nc`",
        "`  {{ 'x' }}\\n  {%- if true -%}  \\n y{% endif %}`@`  xy`",
        "`{% for m in messages[::-1] %}{{ m.role }} {% endfor %}`@`user assistant user system `",
        "`{{ messages[1].content.rstrip('\"y').split('&')[0] }}`@`Hi {{ 7*7 }} {% raw %} `",
        "`{{ messages[:1] | tojson }}`@`[{\"role\": \"system\", \"content\": \" Be brief. \"}]`",
        "`{% raw %}{{ x }}{% endraw %}`@`{{ x }}`",
        "`{% for m in messages if m.role == 'user' %}{{ loop.index }}{% endfor %}`@`12`",
        "`{% for m in [] %}{% else %}none{% endfor %}`@`none`",
        "`{{ true }} {{ 1.5 }} {{ none }} {{ messages[0] }}`"
            + "@`True 1.5 None {'role': 'system', 'content': ' Be brief. '}`",
        "`{% if x == none %}a{% else %}b{% endif %}`@`b`",
        "`{% if false %}{{ messages | nosuch }}{% include 'x' %}{% endif %}b`@`b`",
        "`{{ ''.class }}|{{ ''['getClass'] }}|{{ messages.__class__ }}`@`||`"
      })
  void aTemplateRendersAsJinjaDoes(String template, String want) {
    assertThat(render(escapes(template))).isEqualTo(escapes(want));
  }

  private static String escapes(String text) {
    return text.replace("\\n", "\n").replace("\\r", "\r");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      quoteCharacter = '`',
      value = {
        "`{{ messages | nosuch }}`@`filter 'nosuch'`",
        "`{% if messages is nosuch %}{% endif %}`@`test 'nosuch'`",
        "`{% nosuch %}`@`tag 'nosuch'`",
        "`{% if true %}`@`if`",
        "`{% endfor %}`@`'endfor' without its begin`",
        "`{{ 'a`@`' is never closed`",
        "`{{ a`@`'{{' is never closed`",
        "`{# a`@`'{#' is never closed`",
        "`{% raw %} a`@`'{% raw' is never closed`",
        "`{{ 1 + }}`@`found '}}', wanted an expression`",
        "`{{ [1, 2) }}`@`unexpected ')', wanted ']'`",
        "`{% set loop.x = 1 %}`@`'loop' is no namespace`",
        "`{% for m in messages %}{% set loop = 1 %}{% endfor %}`@`'loop' cannot be given a value`",
        "`{% break %}`@`'break' outside of a loop`",
        "`{% include '/etc/passwd' %}`@`tag 'include'`",
        "`{% import 'x' as x %}`@`tag 'import'`",
        "`{% from 'x' import y %}`@`tag 'from'`",
        "`{% extends 'x' %}`@`tag 'extends'`",
        "`{% block x %}{% endblock %}`@`tag 'block'`",
        "`{{ ''.getClass() }}`@`str has no 'getClass'`",
        "`{{ messages.getClass() }}`@`list has no 'getClass'`",
        "`{{ ''['getClass']() }}`@`getClass`",
        "`{{ messages[0].__class__.__mro__ }}`@`__class__`",
        "`{{ messages.append(1) }}`@`'append' would change a value`",
        "`{{ messages[0].update(a=1) }}`@`'update' would change a value`",
        "`{{ nothing.x }}`@`'nothing' is undefined`",
        "`{{ messages[0].nothing.x }}`@`dict has no 'nothing'`",
        "`{{ messages | map('upper') }}`@`printing a generator`",
        "`{{ 'a' + 1 }}`@`'+' of str and int`",
        "`{{ 1 // 0 }}`@`a division by zero`",
        "`{{ 5 | length }}`@`the length of int`",
        "`{{ 'x'.encode() }}`@`'encode' of a str`",
        "`{{ strftime_now('%Q') }}`@`strftime_now with '%Q'`",
        "`{{ lipsum() }}`@`'lipsum'`",
        "`{{ '\\u12' }}`@`a broken escape`"
      })
  void whatCannotBeRenderedAsJinjaWouldIsRefusedByName(String template, String name) {
    assertThatThrownBy(() -> render("a\n" + template))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(
            "template.json", "chat template cannot be rendered", name, "chat_template.jinja")
        .hasMessageMatching(".*\\(line [23]\\).*")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void theTemplatesOwnRefusalIsPassedOn() {
    assertThatThrownBy(
            () ->
                render(
                    "{% if messages[0].role != 'user' %}"
                        + "{{ raise_exception('begin with user, not ' + messages[0].role) }}"
                        + "{% endif %}"))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll("template.json", "begin with user, not system", "change them");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(1000) %}{% for j in range(1000) %}{% for k in range(1000) %}x{% endfor"
            + " %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s"
            + " %}{% endfor %}{{ ns.s }}",
        "{% macro f(a) %}{{ f(a) }}{% endmacro %}{{ f(1) }}"
      })
  void aTemplateWithoutEndIsEnded(String template) {
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> assertThatThrownBy(() -> render(template)).isInstanceOf(UserException.class));
  }

  @Test
  void deepAndLongTemplatesAreRefusedOrRendered() {
    for (String template :
        List.of(
            "{{ " + "(".repeat(50_000) + "1" + ")".repeat(50_000) + " }}",
            "{{ " + "(".repeat(16) + "1" + ")".repeat(16) + " }}",
            "{{ " + "not ".repeat(5_000) + "1 }}",
            "{% if true %}".repeat(5_000) + "x" + "{% endif %}".repeat(5_000),
            "{{ '" + "\\'".repeat(50_000) + "' }}",
            "{{ ",
            "{% if",
            "{#",
            " ".repeat(100_000) + "{# c #}",
            "{".repeat(100_000))) {
      Assertions.assertTimeoutPreemptively(
          Duration.ofSeconds(30),
          () -> {
            try {
              render(template);
            } catch (UserException e) {
              assertThat(e).hasMessageContaining("template.json");
            }
          });
    }
  }

  @Test
  void aTemplateIsFoundInAListAndInAFileOfItsOwn() {
    Path config = temporary.resolve(TokenizerConfig.NAME);
    TextFixture.write(
        config,
        "{\"bos_token\": {\"content\": \"<b>\"}, \"chat_template\":"
            + " [{\"name\": \"tools\", \"template\": \"T\"},"
            + " {\"name\": \"default\", \"template\": \"{{ bos_token }}D\"}]}");
    assertThat(read().render(TALK)).isEqualTo("<b>D");
    TextFixture.write(temporary.resolve("chat_template.jinja"), "{{ bos_token }}F");
    assertThat(read().render(TALK)).isEqualTo("<b>F");
  }

  private ChatTemplate read() {
    return ChatTemplate.of(temporary, TokenizerConfig.read(temporary), _ -> false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"chat_template\": 1}",
        "{\"chat_template\": []}",
        "{\"chat_template\": [{\"name\": \"x\", \"template\": \"y\"}]}",
        "{\"chat_template\": {\"default\": \"x\"}}",
        "{\"chat_template\": \" \\n\"}",
        "{\"bos_token\": 5}",
        "{\"bos_token\": {}}",
        "{"
      })
  void aBrokenTokenizerConfigIsRefused(String text) {
    Path file = temporary.resolve(TokenizerConfig.NAME);
    TextFixture.write(file, text);
    assertThatThrownBy(() -> TokenizerConfig.read(temporary).template())
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(file.toString(), "download");
  }

  @Test
  void aTemplateThatIsNoneIsInNobodysWayWhoNeverTalks() {
    TextFixture.write(
        temporary.resolve(TokenizerConfig.NAME),
        "{\"bos_token\": \"<b>\", \"add_bos_token\": true, \"chat_template\": []}");
    assertThat(TokenizerConfig.read(temporary).begin()).contains("<b>");
  }

  private static String render(String template) {
    return new JinjaChatTemplate(
            new TokenizerConfig.Template(Path.of("template.json"), template),
            new SpecialTokens(Map.of("bos_token", "<s>", "eos_token", "</s>")))
        .render(TALK);
  }
}
