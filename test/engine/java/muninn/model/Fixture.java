package muninn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** Copies of the golden checkpoints, for tests that break them. */
public final class Fixture {
  static final String NANO = "raven-nano";
  static final String SHARDED = "raven-sharded-bf16";
  static final String WEIGHTS = "model.safetensors";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Fixture() {}

  public static Path golden(String name) {
    try {
      return Path.of(Fixture.class.getResource("/golden/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A copy of a golden folder below {@code temporary}, without its cases. */
  public static Path copy(String name, Path temporary) {
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

  public static JsonNode json(Path file) {
    return json(read(file));
  }

  public static JsonNode json(byte[] text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Rewrites a JSON file. */
  public static void edit(Path file, Consumer<ObjectNode> change) {
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

  /** A tensor as a file stores it. */
  record Stored(String dtype, JsonNode shape, byte[] data) {
    Stored with(String dtype, byte[] data) {
      return new Stored(dtype, shape, data);
    }
  }

  /** The tensors of a safetensors file, by name. */
  static Map<String, Stored> tensors(Path file) {
    byte[] bytes = read(file);
    byte[] header = header(bytes);
    Map<String, Stored> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json(header).properties()) {
      JsonNode at = entry.getValue().path("data_offsets");
      if (at.isArray()) {
        int first = 8 + header.length;
        tensors.put(
            entry.getKey(),
            new Stored(
                entry.getValue().get("dtype").asText(),
                entry.getValue().get("shape"),
                Arrays.copyOfRange(bytes, first + at.get(0).asInt(), first + at.get(1).asInt())));
      }
    }
    return tensors;
  }

  /** Makes a folder's weights one file of these tensors. */
  static void saveTensors(Path folder, Map<String, Stored> tensors) {
    ObjectNode header = MAPPER.createObjectNode();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    tensors.forEach(
        (name, tensor) -> {
          ObjectNode entry = header.putObject(name).put("dtype", tensor.dtype());
          entry.set("shape", tensor.shape());
          entry.putArray("data_offsets").add(data.size()).add(data.size() + tensor.data().length);
          data.writeBytes(tensor.data());
        });
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    write(
        folder.resolve(WEIGHTS),
        ByteBuffer.allocate(8 + text.length + data.size())
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text)
            .put(data.toByteArray())
            .array());
  }

  /** A copy of a golden float32 checkpoint, its weights rounded to bfloat16. */
  public static Path copyRounded(String name, Path temporary) {
    return copyAs(name, temporary, "BF16", Fixture::rounded);
  }

  /** A copy of a golden float32 checkpoint, its weights float64 numbers that round to them. */
  public static Path copyWidened(String name, Path temporary) {
    return copyAs(name, temporary, "F64", Fixture::widened);
  }

  private static Path copyAs(
      String name, Path temporary, String dtype, Function<FloatBuffer, byte[]> data) {
    Path folder = copy(name, temporary);
    Map<String, Stored> tensors = tensors(folder.resolve(WEIGHTS));
    tensors.replaceAll(
        (_, stored) -> {
          ByteBuffer bytes = ByteBuffer.wrap(stored.data()).order(ByteOrder.LITTLE_ENDIAN);
          return stored.with(dtype, data.apply(bytes.asFloatBuffer()));
        });
    saveTensors(folder, tensors);
    return folder;
  }

  private static byte[] widened(FloatBuffer values) {
    ByteBuffer doubles = ByteBuffer.allocate(8 * values.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      doubles.putDouble(values.get() * (1 + 0x1p-30));
    }
    return doubles.array();
  }

  private static byte[] rounded(FloatBuffer values) {
    ByteBuffer halves = ByteBuffer.allocate(2 * values.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      int bits = Float.floatToRawIntBits(values.get());
      halves.putShort((short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16)); // to even
    }
    return halves.array();
  }

  /** A copy of the golden bfloat16 checkpoint in one file; answers with its tensors. */
  static Map<String, Stored> copyInOneFile(Path folder) {
    Map<String, Stored> all = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(golden(SHARDED))) {
      Files.createDirectories(folder);
      for (Path file : files.sorted().toList()) {
        if (file.toString().endsWith(".safetensors")) {
          all.putAll(tensors(file));
        }
      }
      Files.copy(golden(SHARDED).resolve("config.json"), folder.resolve("config.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    saveTensors(folder, all);
    return all;
  }

  static byte[] header(byte[] file) {
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return Arrays.copyOfRange(file, 8, 8 + length);
  }

  public static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static void write(Path file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
