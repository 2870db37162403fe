package muninn.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import muninn.files.Json;

/**
 * What an output file is the answer to: digests of input and model, the device's kind, and every
 * option that shapes the answers. It lies beside the output, so that the output holds nothing but
 * answers, and it is what a second run is checked against before it continues the first.
 */
record JobRecord(Map<String, String> facts) {
  private static final int MAX_BYTES = 1 << 20;
  private static final String KIND = "job";
  private static final String BATCH = "muninn batch";

  /** How every record begins, the torn ones too. */
  private static final String BEGINNING = "{\"" + KIND + "\":\"" + BATCH + "\"";

  /**
   * @param input SHA-256; empty for one that can be read but once
   * @param setting what answers: model, device
   */
  static JobRecord of(String input, Map<String, String> setting, Options options) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(KIND, BATCH);
    facts.put("input", input);
    facts.putAll(setting);
    for (RequestOption<?> option : RequestOptions.ALL) {
      facts.put(option.name(), option.told(options));
    }
    return new JobRecord(facts);
  }

  /** Where the record of an output lies. */
  static Path beside(Path output) {
    return output.resolveSibling(output.getFileName() + ".job");
  }

  /**
   * The record beside an output; empty when there is none. One whose writing was cut short says
   * nothing.
   *
   * @throws UserException when something else is in its place
   */
  static Optional<JobRecord> read(Path output) throws IOException {
    Path file = beside(output);
    try {
      BasicFileAttributes found =
          Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS);
      if (!found.isRegularFile() || found.size() > MAX_BYTES) {
        throw inTheWay(file);
      }
      try (InputStream in = Files.newInputStream(file, NOFOLLOW_LINKS)) {
        return Optional.of(parse(file, new String(in.readNBytes(MAX_BYTES), UTF_8)));
      }
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static JobRecord parse(Path file, String text) {
    if (!text.startsWith(BEGINNING) && !BEGINNING.startsWith(text)) {
      throw inTheWay(file);
    }
    Map<String, String> facts = new LinkedHashMap<>();
    try {
      ObjectNode object = Json.line(text);
      object.properties().forEach(field -> facts.put(field.getKey(), field.getValue().asText()));
    } catch (UserException e) {
      return new JobRecord(Map.of());
    }
    return new JobRecord(facts);
  }

  private static UserException inTheWay(Path file) {
    return UserException.of(
        "%s is in the way of the job's record and is none itself: move or delete it, or name"
            + " another output file",
        file);
  }

  /** Writes the record, a new file in place of one that {@link #read} found. */
  void write(Path output) throws IOException {
    Path file = beside(output);
    Files.deleteIfExists(file);
    ObjectNode object = Json.NODES.objectNode();
    facts.forEach(object::put);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap((object + "\n").getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  /** Whether the input can be read again. */
  boolean canBeContinued() {
    return !facts.get("input").isEmpty();
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
              default -> name + " was " + before + ", is now " + after;
            });
      }
    }
    return differences;
  }
}
