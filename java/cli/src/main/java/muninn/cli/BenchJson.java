package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.UserException;
import muninn.lab.Ceiling;
import muninn.lab.Timing;
import muninn.lab.bench.Bench;
import muninn.lab.bench.BenchOptions;
import muninn.lab.bench.BenchResult;
import muninn.lab.bench.Duel;
import muninn.lab.blocks.LaunchSpan;
import muninn.lab.blocks.LaunchSpans;
import muninn.lab.report.ReportJson;

/**
 * A benchmark as one JSON object: {@code header} says what to repeat, {@code ceilings} what the
 * device can do, then a list a section. {@code nanos} is the median of the rounds. Times are
 * nanoseconds, amounts bytes and FLOP.
 */
final class BenchJson {
  private BenchJson() {}

  static void print(PrintWriter out, BenchResult result, List<String> command) {
    JsonOutput.print(
        out,
        json -> {
          json.writeObjectFieldStart("header");
          header(json, result.setting(), command);
          json.writeEndObject();
          json.writeObjectFieldStart("limits");
          json.writeNumberField("bytes_per_second", result.limits().bytesPerSecond());
          json.writeNumberField("flop_per_second", result.limits().flopPerSecond());
          json.writeEndObject();
          ceilings(json, result.ceilings());
          rows(json, "operations", result.operations());
          rows(json, "ticks", result.ticks());
          rows(json, "prefill", result.prefill());
          generation(json, result.generation());
          variants(json, result.variants());
        });
  }

  /** Appends each result to a file as a line of its own. */
  static Bench.Heard lines(Path file, List<String> command) {
    return (section, result) -> {
      try (PrintWriter out =
          new PrintWriter(
              Files.newBufferedWriter(
                  file,
                  StandardCharsets.UTF_8,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.APPEND))) {
        line(out, section, result, command);
      } catch (IOException e) {
        throw UserException.because(e, "cannot write %s: %s", file, e.getMessage());
      }
    };
  }

  /** One result as a line of its own, named by its section. */
  private static void line(PrintWriter out, String section, Record result, List<String> command) {
    JsonOutput.print(
        out,
        json -> {
          json.writeStringField("section", section);
          switch (result) {
            case BenchResult.Setting setting -> header(json, setting, command);
            case Ceiling ceiling -> ceiling(json, ceiling);
            case BenchResult.Row row -> row(json, row);
            case BenchResult.Variation one -> variant(json, one);
            case BenchResult.Generated row -> generated(json, row);
            case Duel.Outcome outcome -> outcome(json, outcome);
            case LaunchSpan span -> ReportJson.fields(json, LaunchSpans.of(List.of(span)));
            default -> throw new IllegalArgumentException("no line for " + result.getClass());
          }
        });
  }

  private static void outcome(JsonGenerator json, Duel.Outcome outcome) throws IOException {
    json.writeStringField("kernels", outcome.switches());
    json.writeNumberField("lanes", outcome.lanes());
    timing(json, "", outcome.usual());
    timing(json, "other_", outcome.other());
    json.writeNumberField("ratio", outcome.ratio());
  }

  private static void header(JsonGenerator json, BenchResult.Setting setting, List<String> command)
      throws IOException {
    json.writeStringField("muninn", Version.number());
    Optional<String> commit = Version.commit();
    if (commit.isPresent()) {
      json.writeStringField("commit", commit.get());
    }
    json.writeStringField("date", setting.date().toString());
    strings(json, "command", command);
    json.writeStringField("processor", setting.processor());
    json.writeNumberField("cores", setting.cores());
    if (setting.load() >= 0) {
      json.writeNumberField("load_before", setting.load());
    }
    json.writeStringField("device", setting.device());
    json.writeStringField("platform", setting.platform());
    json.writeNumberField("cache_bytes", setting.cacheBytes());
    json.writeStringField("model", setting.model());
    InspectJson.writeConfig(json, setting.config());
    JsonOutput.weights(json, setting.matrixBytes());
    json.writeStringField("operands", setting.operands());
    BenchOptions options = setting.options();
    strings(
        json,
        "sections",
        options.sections().stream().map(s -> s.name().toLowerCase(Locale.ROOT)).toList());
    if (options.card() != null) {
      json.writeStringField("expected_for", options.card().id());
    }
    json.writeNumberField("context", options.context());
    json.writeNumberField("prompt", BenchOptions.PROMPT);
    json.writeNumberField("new_tokens", options.newTokens());
    json.writeNumberField("rounds", options.effort().rounds());
  }

  private static void strings(JsonGenerator json, String name, List<String> values)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  private static void ceilings(JsonGenerator json, List<Ceiling> ceilings) throws IOException {
    json.writeArrayFieldStart("ceilings");
    for (Ceiling ceiling : ceilings) {
      json.writeStartObject();
      ceiling(json, ceiling);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void ceiling(JsonGenerator json, Ceiling ceiling) throws IOException {
    json.writeStringField("name", ceiling.name());
    json.writeStringField("limit", ceiling.limit().name().toLowerCase(Locale.ROOT));
    json.writeNumberField("amount", ceiling.amount());
    timing(json, "", ceiling.timing());
    json.writeNumberField("per_second", ceiling.perSecond());
  }

  private static void rows(JsonGenerator json, String name, List<BenchResult.Row> rows)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (BenchResult.Row row : rows) {
      json.writeStartObject();
      row(json, row);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void row(JsonGenerator json, BenchResult.Row row) throws IOException {
    json.writeStringField("name", row.name());
    json.writeNumberField("lanes", row.lanes());
    timing(json, "", row.timing());
    json.writeNumberField("bytes", row.cost().bytes());
    json.writeNumberField("flop", row.cost().flop());
    json.writeNumberField("floor_nanos", row.floorNanos());
    if (row.expectedNanos() != null) {
      json.writeNumberField("expected_nanos", row.expectedNanos());
    }
    json.writeStringField("bound", row.byMemory() ? "memory" : "arithmetic");
    json.writeNumberField("of_floor", row.ofFloor());
    json.writeBooleanField("may_be_cached", row.cached());
  }

  private static void variants(JsonGenerator json, List<BenchResult.Variation> variants)
      throws IOException {
    json.writeArrayFieldStart("variants");
    for (BenchResult.Variation one : variants) {
      json.writeStartObject();
      variant(json, one);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void variant(JsonGenerator json, BenchResult.Variation one) throws IOException {
    row(json, one.row());
    json.writeStringField("kernels", one.choice());
    json.writeBooleanField("taken", one.taken());
    json.writeNumberField("cpu_nanos", one.twinNanos());
  }

  private static void generation(JsonGenerator json, List<BenchResult.Generated> rows)
      throws IOException {
    json.writeArrayFieldStart("generation");
    for (BenchResult.Generated row : rows) {
      json.writeStartObject();
      generated(json, row);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void generated(JsonGenerator json, BenchResult.Generated row) throws IOException {
    json.writeNumberField("steps", row.steps());
    json.writeNumberField("batch", row.batch());
    json.writeNumberField("tokens_per_second", row.tokensPerSecond());
    timing(json, "", row.perToken());
    timing(json, "first_token_", row.firstToken());
    json.writeNumberField("floor_nanos", row.floorNanos());
    json.writeNumberField("of_floor", row.ofFloor());
    json.writeBooleanField("may_be_cached", row.cached());
    json.writeNumberField("ticks", row.ticks().counted());
    json.writeNumberField("ticks_implied", row.ticks().implied());
    if (row.ticksNanos() != null) {
      json.writeNumberField("ticks_nanos", row.ticksNanos());
    }
  }

  private static void timing(JsonGenerator json, String prefix, Timing timing) throws IOException {
    json.writeNumberField(prefix + "nanos", timing.nanos());
    json.writeNumberField(prefix + "fastest_nanos", timing.fastest());
    json.writeNumberField(prefix + "spread", timing.spread());
    json.writeBooleanField(prefix + "noisy", timing.noisy());
    json.writeNumberField(prefix + "rounds", timing.rounds());
  }
}
