package muninn.lab.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Map;

/** Builds ECharts' option objects and writes them into a page. */
final class ChartOption {
  /** More digits than a picture can show. */
  private static final MathContext DIGITS = new MathContext(6);

  private ChartOption() {}

  /** Names and values, in turn. */
  static Map<String, Object> of(Object... namesAndValues) {
    Map<String, Object> option = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      option.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return option;
  }

  /** As JSON that may stand in a script element: it holds no {@code <}, whatever texts hold. */
  static String json(Object option) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      write(json, option);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString().replace("<", "\\u003c");
  }

  private static void write(JsonGenerator json, Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Map<?, ?> map -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          json.writeFieldName((String) entry.getKey());
          write(json, entry.getValue());
        }
        json.writeEndObject();
      }
      case Iterable<?> list -> {
        json.writeStartArray();
        for (Object each : list) {
          write(json, each);
        }
        json.writeEndArray();
      }
      case Boolean b -> json.writeBoolean(b);
      case Integer i -> json.writeNumber(i);
      case Double d when !Double.isFinite(d) -> json.writeNull();
      case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> json.writeNumber(d.longValue());
      case Double d -> json.writeNumber(new BigDecimal(d).round(DIGITS).doubleValue());
      default -> json.writeString(value.toString());
    }
  }
}
