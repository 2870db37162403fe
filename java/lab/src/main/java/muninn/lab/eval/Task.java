package muninn.lab.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import muninn.UserException;
import muninn.files.Json;
import muninn.files.Lines;

/**
 * A question with one right answer.
 *
 * @param kind the group it is counted in; {@code other} where the file names none
 */
public record Task(String prompt, String answer, String kind) {

  /**
   * Reads a JSONL file of tasks; blank lines are passed over.
   *
   * @throws UserException naming file, line and field
   */
  public static List<Task> read(Path file) {
    return Lines.map(file, "tasks", "prompt, answer and kind", Task::parse);
  }

  private static Task parse(String line) {
    ObjectNode object = Json.line(line);
    return new Task(
        field(object, "prompt"),
        field(object, "answer"),
        object.has("kind") ? field(object, "kind") : "other");
  }

  private static String field(ObjectNode object, String name) {
    JsonNode value = object.path(name);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw UserException.of(
          "%s must be a string that is not empty, found %s", name, Json.kind(value));
    }
    return value.textValue();
  }
}
