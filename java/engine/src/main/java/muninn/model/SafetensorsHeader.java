package muninn.model;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.util.ByteBufferBackedInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import muninn.UserException;
import muninn.files.Json;

/**
 * The JSON header of a safetensors file, read as a stream: its memory grows with the tensors it
 * really lists, never with a number it states. Checks each entry by itself; {@link Safetensors}
 * checks how they fit together.
 */
final class SafetensorsHeader {
  private static final int MAX_RANK = 8;
  private static final String REMEDY = "; the file is damaged: download it again";

  private final Path file;
  private final JsonParser parser;

  private SafetensorsHeader(Path file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  /**
   * One tensor as the header states it.
   *
   * @param begin first byte, counted from the end of the header
   * @param end byte after the last, counted likewise
   */
  record Entry(String name, TensorType type, List<Long> shape, long begin, long end) {
    long bytes() {
      return end - begin;
    }

    /** The name as messages show it. */
    String shown() {
      return Json.shortened(name);
    }
  }

  /**
   * The entries in the header's own order.
   *
   * @param json the header's bytes, without the length before them
   * @throws UserException naming file, tensor, what was found and wanted
   */
  static List<Entry> parse(Path file, MemorySegment json) {
    try (JsonParser parser =
        Json.FACTORY.createParser(new ByteBufferBackedInputStream(json.asByteBuffer()))) {
      return new SafetensorsHeader(file, parser).entries();
    } catch (JacksonException e) {
      throw new UserException(
          file + ": the header is not valid JSON: " + Json.reason(e) + REMEDY, e);
    } catch (IOException e) {
      throw Json.unreadable(file, e);
    }
  }

  private List<Entry> entries() throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new UserException(file + ": the header is not a JSON object {…}" + REMEDY);
    }
    List<Entry> entries = new ArrayList<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals("__metadata__")) {
        metadata();
      } else {
        entries.add(entry(name));
      }
    }
    if (parser.nextToken() != null) {
      throw new UserException(file + ": the header goes on after its JSON object" + REMEDY);
    }
    return entries;
  }

  /** Texts by name, or null; nothing here is used, but the format allows nothing else. */
  private void metadata() throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw new UserException(
          file + ": __metadata__ in the header is not an object of texts" + REMEDY);
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw new UserException(
            file + ": __metadata__ in the header is not an object of texts" + REMEDY);
      }
    }
  }

  private Entry entry(String name) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw wrong(name, "is not described by an object of dtype, shape and data_offsets");
    }
    TensorType type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "dtype" -> type = type(name);
        case "shape" -> shape = counts(name, field, MAX_RANK);
        case "data_offsets" -> offsets = counts(name, field, 2);
        default -> parser.skipChildren();
      }
    }
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw wrong(name, "lacks one of dtype, shape and data_offsets [begin, end]");
    }
    if (offsets.get(0) > offsets.get(1)) {
      throw wrong(
          name,
          String.format(
              Locale.ROOT,
              "has data_offsets %s, wanted the begin no larger than the end",
              offsets));
    }
    return new Entry(name, type, shape, offsets.get(0), offsets.get(1));
  }

  private TensorType type(String name) throws IOException {
    String found =
        parser.currentToken() == JsonToken.VALUE_STRING
            ? parser.getText()
            : parser.currentToken().toString();
    return TensorType.named(found)
        .orElseThrow(
            () ->
                UserException.of(
                    "%s: tensor %s has dtype %s, wanted %s; convert the checkpoint to one of these",
                    file, Json.shortened(name), Json.shortened(found), TensorType.READ));
  }

  /** A list of at most {@code most} numbers, none negative. */
  private List<Long> counts(String name, String field, int most) throws IOException {
    String wanted = " is not a list of at most " + most + " whole numbers from 0 up";
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw wrong(name, field + wanted);
    }
    List<Long> counts = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || parser.getLongValue() < 0
          || counts.size() == most) {
        throw wrong(name, field + wanted);
      }
      counts.add(parser.getLongValue());
    }
    return List.copyOf(counts);
  }

  private UserException wrong(String name, String what) {
    return UserException.of(
        "%s: tensor %s in the header: %s%s", file, Json.shortened(name), what, REMEDY);
  }
}
