package muninn.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * Why there is no answer, as OpenAI's interface says it.
 *
 * @param param the field that is to blame; null where none is
 * @param code a word for programs; null where there is none
 */
public record ErrorJson(String message, String type, String param, String code) {

  /** What a request that makes no sense is called. */
  public static final String INVALID = "invalid_request_error";

  /** Of a request that makes no sense. */
  public static ErrorJson invalid(String message) {
    return new ErrorJson(message, INVALID, null, null);
  }

  /** Writes the object. */
  public void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("error");
    json.writeStringField("message", message);
    json.writeStringField("type", type);
    json.writeStringField("param", param);
    json.writeStringField("code", code);
    json.writeEndObject();
    json.writeEndObject();
  }
}
