package muninn.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import muninn.UserException;
import muninn.files.Json;

/**
 * What an output file is the answer to: digests of input and model, and every option that shapes
 * the answers. It lies beside the output, so that the output holds nothing but answers, and it is
 * what a second run is checked against before it continues the first.
 */
record JobRecord(Map<String, String> facts) {

  static JobRecord of(String inputSha256, String modelSha256, JobOptions options) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("input", inputSha256);
    facts.put("model", modelSha256);
    facts.putAll(options.named());
    return new JobRecord(facts);
  }

  /** Where the record of an output lies. */
  static Path beside(Path output) {
    return output.resolveSibling(output.getFileName() + ".job");
  }

  /** The record beside an output; empty when there is none or it cannot be understood. */
  static Optional<JobRecord> read(Path output) throws IOException {
    try {
      ObjectNode object = Json.line(Files.readString(beside(output)));
      Map<String, String> facts = new LinkedHashMap<>();
      object.properties().forEach(field -> facts.put(field.getKey(), field.getValue().asText()));
      return Optional.of(new JobRecord(facts));
    } catch (NoSuchFileException | UserException e) {
      return Optional.empty();
    }
  }

  /** Writes the record; it is there whole or not at all, after a power cut too. */
  void write(Path output) throws IOException {
    Path file = beside(output);
    Path whole = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            whole,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ObjectNode object = Json.NODES.objectNode();
      facts.forEach(object::put);
      ByteBuffer bytes = ByteBuffer.wrap((object + "\n").getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** What differs, in words: {@code steps was 8, is now 32}. */
  List<String> differences(JobRecord now) {
    TreeSet<String> names = new TreeSet<>(facts.keySet());
    names.addAll(now.facts.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String before = facts.getOrDefault(name, "not recorded");
      String after = now.facts.getOrDefault(name, "not recorded");
      if (!before.equals(after)) {
        differences.add(
            switch (name) {
              case "input", "model" -> "the " + name + " is another one";
              default -> String.format(Locale.ROOT, "%s was %s, is now %s", name, before, after);
            });
      }
    }
    return differences;
  }
}
