package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Compares an instrument's JSON with what lies in {@code lab/}: the same fields in the same order,
 * numbers within a tolerance. What a run of another day or machine has otherwise must only be
 * there. What was found is left in {@code target/golden}, to be looked at, and copied if it is
 * right.
 */
final class GoldenJson {
  private static final double TOLERANCE = 1e-3;

  /** Of the header and its settings, and what a clock says. */
  private static final Set<String> VARIABLE =
      Set.of(
          "command",
          "muninn",
          "commit",
          "date",
          "model",
          "device",
          "platform",
          "processor",
          "seconds",
          "tasks");

  private GoldenJson() {}

  static void assertMatches(String json, String name) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode found = mapper.readTree(json);
    JsonNode kept = found.deepCopy();
    for (JsonNode part : List.of(kept.get("header"), kept.at("/header/settings"))) {
      VARIABLE.stream()
          .filter(part::has)
          .forEach(field -> ((ObjectNode) part).put(field, "varies"));
    }
    Path copy = Path.of("target/golden", name);
    Files.createDirectories(copy.getParent());
    Files.writeString(copy, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(kept));
    try (InputStream in = GoldenJson.class.getResourceAsStream("/lab/" + name)) {
      if (in == null) {
        fail("there is no lab/%s; what was found is in %s", name, copy.toAbsolutePath());
      }
      compare(found, mapper.readTree(in), "");
    }
  }

  private static void compare(JsonNode found, JsonNode wanted, String at) {
    if (wanted.isObject()) {
      assertThat(names(found)).as(at).isEqualTo(names(wanted));
      for (String name : names(wanted)) {
        if (!VARIABLE.contains(name)) {
          compare(found.get(name), wanted.get(name), at + "/" + name);
        }
      }
    } else if (wanted.isArray()) {
      assertThat(found.size()).as(at + " size").isEqualTo(wanted.size());
      for (int i = 0; i < wanted.size(); i++) {
        compare(found.get(i), wanted.get(i), at + "/" + i);
      }
    } else if (wanted.isDouble()) {
      double difference = Math.abs(found.asDouble(Double.NaN) - wanted.asDouble());
      assertThat(difference)
          .as("%s: %s, wanted %s", at, found, wanted)
          .isLessThanOrEqualTo(TOLERANCE * Math.max(1, Math.abs(wanted.asDouble())));
    } else {
      assertThat(found).as(at).isEqualTo(wanted);
    }
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
