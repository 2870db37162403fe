package muninn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Copies of the golden checkpoints, for tests that break them. */
final class Fixture {
  static final String NANO = "raven-nano";
  static final String SHARDED = "raven-sharded-bf16";
  static final String WEIGHTS = "model.safetensors";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Fixture() {}

  static Path golden(String name) {
    try {
      return Path.of(Fixture.class.getResource("/golden/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A copy of a golden folder below {@code temporary}, without its cases. */
  static Path copy(String name, Path temporary) {
    try (Stream<Path> files = Files.list(golden(name))) {
      Path folder = Files.createDirectories(temporary.resolve(name));
      for (Path file : files.toList()) {
        if (!file.endsWith("cases.json")) {
          Files.copy(file, folder.resolve(file.getFileName().toString()));
        }
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode json(Path file) {
    return json(read(file));
  }

  static JsonNode json(byte[] text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Rewrites a JSON file. */
  static void edit(Path file, Consumer<ObjectNode> change) {
    ObjectNode object = (ObjectNode) json(file);
    change.accept(object);
    write(file, object.toString());
  }

  /** Rewrites the header of a safetensors file and its length. */
  static void editHeader(Path file, Consumer<ObjectNode> change) {
    ObjectNode header = (ObjectNode) json(header(read(file)));
    change.accept(header);
    replaceHeader(file, header.toString());
  }

  static void replaceHeader(Path file, String header) {
    byte[] bytes = read(file);
    byte[] data = Arrays.copyOfRange(bytes, 8 + header(bytes).length, bytes.length);
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    write(
        file,
        ByteBuffer.allocate(8 + text.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text)
            .put(data)
            .array());
  }

  static byte[] header(byte[] file) {
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return Arrays.copyOfRange(file, 8, 8 + length);
  }

  static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(Path file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
