package muninn.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Strict JSON: one value, no repeated key, UTF-8 throughout. */
final class Json {
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Pattern SOURCE = Pattern.compile(" \\(start marker at .*\\)$");

  private Json() {}

  /**
   * Reads one value.
   *
   * @throws LineException saying what is wrong, at which column
   */
  static JsonNode read(byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new LineException("not UTF-8 text: convert the input to UTF-8");
    }
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : " at column " + e.getLocation().getColumnNr();
      throw new LineException("not valid JSON%s: %s", where, firstSentence(e.getOriginalMessage()));
    }
  }

  static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Without where Jackson says the source is hidden, which tells nobody anything. */
  private static String firstSentence(String message) {
    return SOURCE.matcher(message.lines().findFirst().orElse("")).replaceFirst("");
  }
}
