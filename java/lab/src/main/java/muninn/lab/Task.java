package muninn.lab;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import muninn.UserException;

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
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new UserException("%s is not UTF-8 text".formatted(file), e);
    } catch (IOException e) {
      throw new UserException(
          "%s: cannot be read as tasks (%s): name a JSONL file with prompt, answer and kind on each line"
              .formatted(file, Files.exists(file) ? e.getMessage() : "no such file"),
          e);
    }
    List<Task> tasks = new ArrayList<>();
    ObjectMapper mapper = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        tasks.add(parse(mapper, lines.get(i), file + " line " + (i + 1)));
      }
    }
    if (tasks.isEmpty()) {
      throw UserException.of("%s holds no tasks", file);
    }
    return tasks;
  }

  private static Task parse(ObjectMapper mapper, String line, String place) {
    JsonNode object;
    try {
      object = mapper.readTree(line);
    } catch (IOException e) {
      throw new UserException("%s is not valid JSON".formatted(place), e);
    }
    return new Task(
        field(object, "prompt", place),
        field(object, "answer", place),
        object.has("kind") ? field(object, "kind", place) : "other");
  }

  private static String field(JsonNode object, String name, String place) {
    JsonNode value = object.path(name);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw UserException.of("%s: %s must be a string that is not empty", place, name);
    }
    return value.textValue();
  }
}
