package muninn.lab.serve;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import muninn.lab.report.Column;
import muninn.lab.report.ColumnFormat;
import muninn.lab.report.Table;

/**
 * What came of a {@link ServeBench}: figures under the names, and by the definitions, of {@code
 * vllm bench serve}. Those of time are of whole answers; tokens are the server's own count.
 */
public final class ServeResult {
  private final ServeOptions options;
  private final String model;
  private final double seconds;
  private final List<Heard> answers;
  private final List<Heard> whole;

  ServeResult(ServeOptions options, String model, double seconds, List<Heard> answers) {
    this.options = options;
    this.model = model;
    this.seconds = seconds;
    this.answers = List.copyOf(answers);
    this.whole = answers.stream().filter(Heard::isWhole).toList();
  }

  public int completed() {
    return whole.size();
  }

  public int failed() {
    return answers.size() - whole.size();
  }

  /** Why requests failed, each reason once, with how often. */
  public Map<String, Integer> errors() {
    Map<String, Integer> errors = new LinkedHashMap<>();
    answers.stream()
        .filter(answer -> !answer.isWhole())
        .forEach(answer -> errors.merge(answer.error(), 1, Integer::sum));
    return errors;
  }

  /** Figures of the whole, under their names. */
  Map<String, Object> totals() {
    long input = whole.stream().mapToLong(Heard::inputTokens).sum();
    long output = whole.stream().mapToLong(Heard::outputTokens).sum();
    Peak peak = Peak.of(whole);
    Map<String, Object> totals = new LinkedHashMap<>();
    totals.put("duration", seconds);
    totals.put("completed", whole.size());
    totals.put("failed", failed());
    totals.put("total_input_tokens", input);
    totals.put("total_output_tokens", output);
    totals.put("request_throughput", whole.size() / seconds);
    totals.put("request_goodput", options.goals().isEmpty() ? null : good() / seconds);
    totals.put("output_throughput", output / seconds);
    totals.put("total_token_throughput", (input + output) / seconds);
    totals.put("max_output_tokens_per_s", peak.tokens());
    totals.put("max_concurrent_requests", peak.requests());
    return totals;
  }

  /** Answers that kept to every goal. */
  private long good() {
    return whole.stream()
        .filter(
            answer ->
                options.goals().entrySet().stream()
                    .allMatch(goal -> 1e3 * answer.of(goal.getKey()) <= goal.getValue()))
        .count();
  }

  /** Milliseconds waited, under their names: mean, median, deviation, percentiles. */
  Map<String, Double> waits(Wait wait) {
    Spread spread = spread(wait);
    String name = "_" + wait.id() + "_ms";
    Map<String, Double> waits = new LinkedHashMap<>();
    waits.put("mean" + name, spread.mean());
    waits.put("median" + name, spread.median());
    waits.put("std" + name, spread.deviation());
    for (double percent : options.percentiles()) {
      waits.put("p" + shown(percent) + name, spread.percentile(percent));
    }
    return waits;
  }

  private Spread spread(Wait wait) {
    return new Spread(
        switch (wait) {
          case TTFT -> millis(whole, Heard::ttft);
          case E2EL -> millis(whole, Heard::e2el);
          case TPOT ->
              millis(whole.stream().filter(a -> a.outputTokens() > 1).toList(), Heard::tpot);
          case ITL ->
              whole.stream()
                  .flatMap(answer -> answer.itl().stream())
                  .mapToDouble(gap -> 1e3 * gap)
                  .toArray();
        });
  }

  private static double[] millis(List<Heard> answers, ToDoubleFunction<Heard> seconds) {
    return answers.stream().mapToDouble(answer -> 1e3 * seconds.applyAsDouble(answer)).toArray();
  }

  private static String shown(double percent) {
    return percent == (int) percent ? Integer.toString((int) percent) : Double.toString(percent);
  }

  /** To be read: the whole, then what was waited for. */
  public List<Table> tables() {
    List<Map.Entry<String, Object>> totals = new ArrayList<>();
    totals().entrySet().stream()
        .filter(total -> total.getValue() != null)
        .forEach(total -> totals.add(Map.entry(total.getKey(), total.getValue())));
    List<Column<Map.Entry<String, Object>>> pairs =
        List.of(
            Column.<Map.Entry<String, Object>>of("figure", Map.Entry::getKey).as("figure"),
            Column.<Map.Entry<String, Object>>of("value", Map.Entry::getValue).as("value"));
    List<Column<Wait>> columns = new ArrayList<>();
    columns.add(Column.<Wait>of("wait", Wait::words).as("milliseconds of"));
    columns.add(value("mean", Spread::mean));
    columns.add(value("median", Spread::median));
    columns.add(value("std", Spread::deviation));
    for (double percent : options.percentiles()) {
      columns.add(value("p" + shown(percent), spread -> spread.percentile(percent)));
    }
    return List.of(
        Table.of("totals", "the whole", pairs, totals),
        Table.of("waits", "what was waited for", columns, List.of(Wait.values())));
  }

  private Column<Wait> value(String name, ToDoubleFunction<Spread> value) {
    return Column.<Wait>of(name, wait -> value.applyAsDouble(spread(wait)))
        .as(name, ColumnFormat.PLAIN);
  }

  /**
   * Writes the fields of one object, as {@code vllm bench serve --save-result} has them.
   *
   * @param date as that has it
   * @param detailed whether every request's figures are among them
   */
  public void write(JsonGenerator json, String date, boolean detailed) throws IOException {
    json.writeStringField("date", date);
    json.writeStringField("endpoint_type", "openai");
    json.writeStringField("backend", "openai");
    json.writeNullField("label");
    json.writeStringField("model_id", model);
    json.writeStringField("tokenizer_id", model);
    json.writeNumberField("num_prompts", options.requests());
    if (Double.isInfinite(options.rate())) {
      json.writeStringField("request_rate", "inf");
    } else {
      json.writeNumberField("request_rate", options.rate());
    }
    json.writeNumberField("burstiness", options.burstiness());
    if (options.concurrency() > 0) {
      json.writeNumberField("max_concurrency", options.concurrency());
    } else {
      json.writeNullField("max_concurrency");
    }
    for (Map.Entry<String, Object> total : totals().entrySet()) {
      json.writeFieldName(total.getKey());
      switch (total.getValue()) {
        case null -> json.writeNull();
        case Integer n -> json.writeNumber(n);
        case Long n -> json.writeNumber(n);
        default -> json.writeNumber((double) total.getValue());
      }
    }
    for (Wait wait : Wait.values()) {
      for (Map.Entry<String, Double> value : waits(wait).entrySet()) {
        json.writeNumberField(value.getKey(), value.getValue());
      }
    }
    if (detailed) {
      details(json);
    }
  }

  private void details(JsonGenerator json) throws IOException {
    list(json, "input_lens", answer -> json.writeNumber(answer.inputTokens()));
    list(json, "output_lens", answer -> json.writeNumber(answer.outputTokens()));
    list(json, "ttfts", answer -> json.writeNumber(answer.ttft()));
    list(
        json,
        "itls",
        answer -> {
          json.writeStartArray();
          for (double gap : answer.itl()) {
            json.writeNumber(gap);
          }
          json.writeEndArray();
        });
    list(json, "generated_texts", answer -> json.writeString(answer.text()));
    list(json, "errors", answer -> json.writeString(answer.error()));
  }

  private interface Element {
    void write(Heard answer) throws IOException;
  }

  private void list(JsonGenerator json, String name, Element element) throws IOException {
    json.writeArrayFieldStart(name);
    for (Heard answer : answers) {
      element.write(answer);
    }
    json.writeEndArray();
  }
}
