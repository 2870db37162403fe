package muninn.server;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.function.Consumer;
import muninn.files.Json;

/**
 * A line for each request when it is over: who asked for what, what came of it, how long it took,
 * and for completions how many tokens and steps. Nothing of a prompt or an answer is in it.
 */
enum AccessLog {
  /** Nothing. */
  NONE {
    @Override
    String line(Front.Visit visit) {
      return null;
    }
  },
  /** For people. */
  TEXT {
    @Override
    String line(Front.Visit visit) {
      Exchange exchange = visit.exchange();
      Exchange.Tally tally = exchange.tally();
      String work =
          tally.choices() == 0
              ? ""
              : String.format(
                  Locale.ROOT,
                  " prompt=%d tokens=%d steps=%.1f end=%s",
                  tally.promptTokens(),
                  tally.tokens(),
                  tally.meanSteps(),
                  tally.end());
      return String.format(
          Locale.ROOT,
          "%s %s %s %s %s %.3fs%s",
          now(),
          exchange.client(),
          exchange.method(),
          Json.shortened(exchange.path()),
          exchange.outcome(),
          visit.nanos() / 1e9,
          work);
    }
  },
  /** For programs: a JSON object. */
  JSON {
    @Override
    String line(Front.Visit visit) {
      Exchange exchange = visit.exchange();
      Exchange.Tally tally = exchange.tally();
      StringWriter line = new StringWriter();
      try (JsonGenerator json = Json.FACTORY.createGenerator(line)) {
        json.writeStartObject();
        json.writeStringField("time", now());
        json.writeStringField("client", exchange.client());
        json.writeStringField("method", exchange.method());
        json.writeStringField("path", exchange.path());
        json.writeNumberField("status", exchange.status());
        json.writeBooleanField("broke_off", exchange.brokeOff());
        json.writeNumberField("seconds", visit.nanos() / 1e9);
        if (tally.choices() > 0) {
          json.writeNumberField("choices", tally.choices());
          json.writeNumberField("prompt_tokens", tally.promptTokens());
          json.writeNumberField("completion_tokens", tally.tokens());
          json.writeNumberField("mean_steps", tally.meanSteps());
          json.writeStringField("finish_reason", tally.end());
        }
        json.writeEndObject();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return line.toString();
    }
  };

  /** What is written; null for nothing. */
  abstract String line(Front.Visit visit);

  /** Writes a visit's line, where there is one. */
  void write(Front.Visit visit, Consumer<String> to) {
    String line = line(visit);
    if (line != null) {
      to.accept(line);
    }
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
