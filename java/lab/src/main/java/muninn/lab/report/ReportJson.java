package muninn.lab.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import muninn.files.FileMarks;

/**
 * A report's numbers as one JSON object: {@code header}, {@code summary}, and {@code tables}, each
 * a list of objects, as data frames like them. What is not a number (NaN, infinite) is null.
 */
public final class ReportJson {
  /** What such a file is known by. */
  public static final Predicate<Path> MARK = FileMarks.of("{\"header\":{", "\"muninn\":\"");

  private ReportJson() {}

  public static String of(Report report) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      json.writeObjectFieldStart("header");
      header(json, report.header());
      json.writeEndObject();
      json.writeStringField("title", report.title());
      json.writeStringField("summary", report.summary());
      json.writeObjectFieldStart("tables");
      for (Table table : report.tables()) {
        table(json, table);
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.append('\n').toString();
  }

  private static void header(JsonGenerator json, Header header) throws IOException {
    json.writeStringField("instrument", header.instrument());
    json.writeArrayFieldStart("command");
    for (String word : header.command()) {
      json.writeString(word);
    }
    json.writeEndArray();
    json.writeStringField("muninn", header.version());
    json.writeStringField("commit", header.commit().orElse(null));
    json.writeStringField("date", header.date().toString());
    json.writeStringField("model", header.model());
    json.writeStringField("model_sha256", header.modelId().sha256());
    json.writeStringField("model_sha256_of", header.modelId().of());
    json.writeStringField("device", header.device());
    json.writeStringField("platform", header.platform());
    json.writeStringField("processor", header.processor());
    json.writeNumberField("seed", header.seed());
    json.writeObjectFieldStart("settings");
    for (Map.Entry<String, String> setting : header.settings().entrySet()) {
      json.writeStringField(setting.getKey(), setting.getValue());
    }
    json.writeEndObject();
  }

  /** One of its lists. */
  public static void table(JsonGenerator json, Table table) throws IOException {
    json.writeArrayFieldStart(table.name());
    for (List<Object> row : table.rows()) {
      json.writeStartObject();
      fields(json, table, row);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** The rows of a table as fields of the object that is being written. */
  public static void fields(JsonGenerator json, Table table) throws IOException {
    for (List<Object> row : table.rows()) {
      fields(json, table, row);
    }
  }

  private static void fields(JsonGenerator json, Table table, List<Object> row) throws IOException {
    for (int c : table.named()) {
      json.writeFieldName(table.heads().get(c).name());
      value(json, row.get(c));
    }
  }

  private static void value(JsonGenerator json, Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Boolean b -> json.writeBoolean(b);
      case Integer i -> json.writeNumber(i);
      case Long l -> json.writeNumber(l);
      case Float f when Float.isFinite(f) -> json.writeNumber(f);
      case Double d when Double.isFinite(d) -> json.writeNumber(d);
      case Float f -> json.writeNull();
      case Double d -> json.writeNull();
      default -> json.writeString(value.toString());
    }
  }
}
