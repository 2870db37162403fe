package muninn.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.files.Json;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;
import muninn.lab.serve.ServeBench;
import muninn.lab.serve.ServeOptions;
import muninn.lab.serve.ServeResult;
import muninn.lab.serve.Wait;

/** {@code muninn bench serve}: what users of a server wait for under a load. */
final class BenchServeCommand implements Command {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  private static final Option<URI> URL =
      Option.of(
              "--url",
              new Value<URI>(
                  "URL",
                  "the address of a server, as http://127.0.0.1:8000",
                  BenchServeCommand::address,
                  ShellCompletion.NOTHING,
                  null),
              "The server, without /v1. Any that speaks OpenAI's completions.")
          .also("--base-url")
          .or(URI.create("http://127.0.0.1:8000"))
          .byDefaultSaid("http://127.0.0.1:8000")
          .shown();
  private static final Option<String> MODEL =
      Option.of("--model", Value.text("NAME"), "The model's name at the server.")
          .byDefaultSaid("the first that it lists")
          .letter('m')
          .shown();
  private static final String KEY_VARIABLE = "OPENAI_API_KEY";

  private static final Option<String> KEY =
      Option.of("--api-key", Value.text("KEY"), "The key that the server wants.")
          .byDefaultSaid(KEY_VARIABLE + ", where that is set");
  private static final Option<Integer> REQUESTS =
      Option.of("--requests", Value.whole("N", 1), "Requests to put.")
          .also("--num-prompts")
          .byDefault(100)
          .shown();
  private static final Option<Double> RATE =
      Option.of(
              "--rate",
              Value.number("R", "above 0", r -> r > 0),
              "Requests a second on average, whatever becomes of them.")
          .also("--request-rate")
          .byDefaultSaid("all at once, or as --concurrency allows")
          .shown();
  private static final Option<Double> BURSTINESS =
      Option.of(
              "--burstiness",
              Value.number("B", "above 0", b -> b > 0),
              "How requests of a rate come: 1 as independent users ask (a Poisson process), less in"
                  + " bursts, more in step.")
          .byDefault(1.0);
  private static final Option<Integer> CONCURRENCY =
      Option.of("--concurrency", Value.whole("C", 1), "Most requests in flight; others wait.")
          .also("--max-concurrency")
          .byDefaultSaid("no limit")
          .shown();
  private static final Option<Integer> INPUT =
      Option.of("--input-len", Value.whole("N", 1, 1 << 24), "Tokens of each made-up prompt.")
          .byDefault(128)
          .shown();
  private static final Option<Integer> OUTPUT =
      Option.of("--output-len", Value.whole("N", 1, 1 << 24), "Tokens of each answer.")
          .byDefault(128)
          .shown();
  private static final Option<Integer> VOCABULARY =
      Option.of(
              "--vocab-size",
              Value.whole("N", ServeOptions.FIRST_TOKEN + 1),
              "Made-up prompts have token ids below it.")
          .byDefault(256);
  private static final Option<Boolean> EOS =
      Option.flag(
          "--eos",
          "Let answers end where the model ends them. Otherwise ignore_eos is sent, which not every"
              + " server knows.");
  private static final Option<Long> SEED =
      Option.of("--seed", Value.longs("N"), "Of prompts and times.").byDefault(0L);
  private static final Option<Integer> WARM_UPS =
      Option.of(
              "--num-warmups",
              Value.whole("N", 0),
              "Requests before those that count; when one fails, the rest is not asked.")
          .byDefault(1);
  private static final Option<ObjectNode> EXTRA =
      Option.of(
              "--extra-body",
              Value.text("JSON").read(text -> Optional.of(Json.line(text))),
              "Further fields of every request, as {\"steps\": 16}.")
          .or(Json.NODES.objectNode())
          .byDefaultSaid("none, which is greedy")
          .shown();
  private static final Option<List<Double>> PERCENTILES =
      Option.of(
              "--metric-percentiles",
              Value.number("P", "from 0 to 100", p -> p >= 0 && p <= 100).list(),
              "Percentiles to tell.")
          .or(List.of(50.0, 90.0, 99.0))
          .byDefaultSaid("50,90,99");
  private static final Option<List<Map.Entry<Wait, Double>>> GOODPUT =
      Option.of(
              "--goodput",
              new Value<Map.Entry<Wait, Double>>(
                      "ttft|tpot|e2el:MS",
                      "ttft, tpot or e2el, a colon, and milliseconds, as ttft:200",
                      BenchServeCommand::goal,
                      ShellCompletion.NOTHING,
                      null)
                  .list(),
              "What makes an answer a good one; tells how many of these came a second.")
          .or(List.of())
          .byDefaultSaid("none")
          .shown();
  private static final Option<Boolean> JSON =
      Option.flag("--json", "Print one JSON object, with the fields that 'vllm bench serve' saves.")
          .shown();
  private static final Option<Boolean> DETAILED =
      Option.flag("--save-detailed", "With --json: every request's figures and text too.");

  private final Console console;

  BenchServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("bench serve", "Measures a server under load: what its users wait for.")
        .details(
            "Puts made-up prompts to a server that speaks OpenAI's interface (muninn serve, vLLM,"
                + " SGLang, llama.cpp …), streamed, and tells time to first token (ttft), time per"
                + " output token (tpot), inter-token latency (itl) and end-to-end latency (e2el) by"
                + " the definitions and names of 'vllm bench serve'. An answer that breaks off, or"
                + " ends without [DONE], counts as failed.")
        .groups(
            Group.of(
                "Load",
                URL,
                MODEL,
                REQUESTS,
                RATE,
                CONCURRENCY,
                INPUT,
                OUTPUT,
                EXTRA,
                BURSTINESS,
                VOCABULARY,
                EOS,
                SEED,
                WARM_UPS,
                KEY),
            Group.of("Figures", GOODPUT, JSON, PERCENTILES, DETAILED))
        .examples(
            "muninn bench serve --requests 200 --concurrency 8",
            "muninn bench serve --url http://10.0.0.7:8000 --rate 4 --goodput ttft:500,tpot:50",
            "muninn bench serve --extra-body '{\"steps\": 16}' --json > sixteen.json");
  }

  @Override
  public int run(Arguments given) {
    given.needs(BURSTINESS, RATE);
    ServeBench bench = new ServeBench(options(given));
    Thread self = Thread.currentThread();
    console.interrupt().untilEnd(self::interrupt);
    ServeResult result;
    try {
      result = bench.run(ProgressDisplay.of(console));
    } catch (InterruptedException e) {
      console.err().println("muninn: stopped");
      return Interrupt.EXIT_CODE;
    }
    if (given.get(JSON)) {
      String date = LocalDateTime.now().format(DATE);
      JsonOutput.print(console.out(), json -> result.write(json, date, given.get(DETAILED)));
    } else {
      for (Table table : result.tables()) {
        console.out().println(TextTable.plain(table));
      }
      console.out().flush();
    }
    result
        .errors()
        .forEach(
            (error, times) ->
                console.err().println("muninn: " + times + " requests failed: " + error));
    return result.completed() == 0 ? Failures.FAILED : 0;
  }

  private static String key(Arguments given) {
    return given.has(KEY)
        ? Key.checked(given.get(KEY), KEY.name())
        : Key.checked(System.getenv().getOrDefault(KEY_VARIABLE, ""), KEY_VARIABLE);
  }

  private static ServeOptions options(Arguments given) {
    Map<Wait, Double> goals = new LinkedHashMap<>();
    given.get(GOODPUT).forEach(goal -> goals.put(goal.getKey(), goal.getValue()));
    return new ServeOptions(
        given.get(URL),
        key(given),
        given.has(MODEL) ? given.get(MODEL) : "",
        given.get(REQUESTS),
        given.has(RATE) ? given.get(RATE) : Double.POSITIVE_INFINITY,
        given.get(BURSTINESS),
        given.has(CONCURRENCY) ? given.get(CONCURRENCY) : 0,
        given.get(INPUT),
        given.get(OUTPUT),
        given.get(VOCABULARY),
        given.get(SEED),
        given.get(WARM_UPS),
        given.get(EOS),
        given.get(EXTRA),
        given.get(PERCENTILES),
        goals);
  }

  private static Optional<URI> address(String text) {
    try {
      URI uri = new URI(text.replaceFirst("(/v1)?/*$", ""));
      String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
      return Optional.of(uri)
          .filter(u -> (scheme.equals("http") || scheme.equals("https")) && u.getHost() != null);
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static Optional<Map.Entry<Wait, Double>> goal(String text) {
    int colon = text.indexOf(':');
    return Wait.GOALS.stream()
        .filter(wait -> colon > 0 && wait.id().equals(text.substring(0, colon)))
        .findFirst()
        .map(wait -> Map.entry(wait, millis(text.substring(colon + 1))))
        .filter(goal -> goal.getValue() >= 0);
  }

  private static double millis(String text) {
    return text.matches("[0-9]{1,12}(\\.[0-9]{1,9})?") ? Double.parseDouble(text) : -1;
  }
}
