package muninn.text.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code tools/make-templates.py} made, and the clock and tokens that it used. */
final class JinjaFixture {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-06T09:05:03Z"), ZoneOffset.UTC);
  static final Map<String, Object> TOKENS =
      Map.of("bos_token", "<s>", "eos_token", "</s>", "pad_token", "<pad>", "unk_token", "<unk>");

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private JinjaFixture() {}

  static String text(String name) {
    try (InputStream in = JinjaFixture.class.getResourceAsStream("/templates/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode json(String name) {
    try {
      return MAPPER.readTree(text(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The variables of an object. */
  static Map<String, Object> variables(JsonNode object) {
    Map<String, Object> variables = new LinkedHashMap<>();
    object.properties().forEach(field -> variables.put(field.getKey(), value(field.getValue())));
    return variables;
  }

  /** The variables that a conversation gives to a template, as the published loaders do. */
  static Map<String, Object> conversation(JsonNode talk) {
    Map<String, Object> variables = new LinkedHashMap<>(TOKENS);
    variables.put("tools", null);
    variables.put("documents", null);
    variables.put("add_generation_prompt", true);
    variables.putAll(variables(talk));
    return variables;
  }

  private static Object value(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> variables(node);
      case ARRAY -> {
        List<Object> list = new ArrayList<>();
        node.forEach(item -> list.add(value(item)));
        yield list;
      }
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> node.isIntegralNumber() ? node.bigIntegerValue() : (Object) node.doubleValue();
      default -> null;
    };
  }
}
