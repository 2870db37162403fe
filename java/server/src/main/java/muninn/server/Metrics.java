package muninn.server;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import muninn.engine.Monitor;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;

/**
 * What a server has done and is doing, under the names that vLLM's dashboards know, and ours for
 * what only a model with depth has. The engine's thread tells it of ticks, those that answer of
 * requests; whoever asks gets it as text.
 */
final class Metrics implements Monitor {
  private static final double NANOS = 1e9;
  private static final Tick NOTHING = new Tick(0, 0, 0, new Pages(0, 0, 0, 0, List.of()));

  private final Map<Thread, Tick> last = new ConcurrentHashMap<>(); // of each device's thread
  private final LongAdder passes = new LongAdder();
  private final LongAdder lanes = new LongAdder();
  private final LongAdder squashed = new LongAdder();
  private final LongAdder setBack = new LongAdder();
  private final Histogram lanesPerPass = Histogram.ofCounts();
  private final Histogram positionSteps = Histogram.ofCounts();

  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder cachedTokens = new LongAdder();
  private final LongAdder tokens = new LongAdder();
  private final LongAdder guessed = new LongAdder();
  private final LongAdder guessedRight = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final Map<FinishReason, LongAdder> ended = new EnumMap<>(FinishReason.class);
  private final Histogram firstToken = Histogram.ofSeconds();
  private final Histogram betweenTokens = Histogram.ofSeconds();
  private final Histogram whole = Histogram.ofSeconds();
  private final Histogram queued = Histogram.ofSeconds();
  private final Histogram prefill = Histogram.ofSeconds();
  private final Histogram decode = Histogram.ofSeconds();
  private final Histogram promptLengths = Histogram.ofCounts();
  private final Histogram lengths = Histogram.ofCounts();

  Metrics() {
    for (FinishReason reason : FinishReason.values()) {
      ended.put(reason, new LongAdder());
    }
  }

  @Override
  public void tickEnds(Tick tick) {
    last.put(Thread.currentThread(), tick);
    if (tick.thinking() > 0) {
      passes.increment();
      lanes.add(tick.thinking());
      lanesPerPass.add(tick.thinking());
    }
  }

  @Override
  public void left(Left exit) {
    positionSteps.add(exit.steps());
  }

  @Override
  public void squashed(Squash squash) {
    squashed.add(squash.lanes());
  }

  @Override
  public void setBack(SetBack request) {
    setBack.increment();
  }

  /** What two devices do at a time. */
  private static Tick both(Tick a, Tick b) {
    return new Tick(
        a.thinking() + b.thinking(),
        a.running() + b.running(),
        a.waiting() + b.waiting(),
        a.pages().plus(b.pages()));
  }

  /** An answer has ended, whole or because its client went away. */
  void ended(Completion completion) {
    Completion.Stats stats = completion.stats();
    int said = completion.tokens().size();
    ended.get(completion.finishReason()).increment();
    promptTokens.add(stats.promptTokens());
    cachedTokens.add(stats.cachedTokens());
    tokens.add(said);
    promptLengths.add(stats.promptTokens());
    lengths.add(said);
    queued.add(stats.queuedNanos() / NANOS);
    whole.add(stats.totalNanos() / NANOS);
    if (said > 0) {
      firstToken.add(stats.firstTokenNanos() / NANOS);
      prefill.add((stats.firstTokenNanos() - stats.queuedNanos()) / NANOS);
      decode.add((stats.totalNanos() - stats.firstTokenNanos()) / NANOS);
    }
    for (Completion.Rate rate : stats.speculated().byPlace()) {
      guessed.add(rate.of());
      guessedRight.add(rate.right());
    }
  }

  /** A token came so long after the one before it. */
  void between(long nanos) {
    betweenTokens.add(nanos / NANOS);
  }

  /** A request was told to come again later. */
  void refused() {
    refused.increment();
  }

  /** All of it, as Prometheus reads it. */
  String text(String model) {
    PrometheusText text = new PrometheusText(model);
    Tick tick = last.values().stream().reduce(NOTHING, Metrics::both);
    text.single("vllm:num_requests_running", "gauge", "Requests in work.", tick.running());
    text.single("vllm:num_requests_waiting", "gauge", "Requests that wait.", tick.waiting());
    Pages pages = tick.pages();
    double share = pages.total() == 0 ? 0 : (double) pages.held() / pages.total();
    text.single("vllm:kv_cache_usage_perc", "gauge", "KV pages in use, 1 for all.", share);
    counter(text, "vllm:prompt_tokens_total", "Tokens of prompts.", promptTokens);
    counter(text, "vllm:generation_tokens_total", "Tokens of answers.", tokens);
    counter(text, "vllm:prefix_cache_queries_total", "Tokens looked for.", promptTokens);
    counter(text, "vllm:prefix_cache_hits_total", "Tokens found.", cachedTokens);
    counter(text, "vllm:num_preemptions_total", "Requests set back for want of memory.", setBack);
    text.describe("vllm:request_success_total", "counter", "Answers by why they ended.");
    ended.forEach(
        (reason, count) ->
            text.value(
                "vllm:request_success_total",
                count.sum(),
                "finished_reason",
                reason == FinishReason.CANCELLED ? "abort" : reason.id()));
    latencies(text);
    depth(text, pages);
    return text.toString();
  }

  private void latencies(PrometheusText text) {
    firstToken.write(text, "vllm:time_to_first_token_seconds", "From arrival to the first token.");
    betweenTokens.write(
        text, "vllm:inter_token_latency_seconds", "Between two tokens of a stream.");
    whole.write(text, "vllm:e2e_request_latency_seconds", "From arrival to the last token.");
    queued.write(text, "vllm:request_queue_time_seconds", "From arrival to the first pass.");
    prefill.write(text, "vllm:request_prefill_time_seconds", "From there to the first token.");
    decode.write(text, "vllm:request_decode_time_seconds", "From there to the last token.");
    promptLengths.write(text, "vllm:request_prompt_tokens", "Tokens of a prompt.");
    lengths.write(text, "vllm:request_generation_tokens", "Tokens of an answer.");
  }

  private void depth(PrometheusText text, Pages pages) {
    counter(text, "muninn:core_passes_total", "Passes over the core, one a tick.", passes);
    counter(text, "muninn:core_lanes_total", "Positions that took a step in them.", lanes);
    lanesPerPass.write(text, "muninn:lanes_per_pass", "Positions that shared a pass.");
    positionSteps.write(text, "muninn:position_steps", "Recurrence steps that a position took.");
    counter(text, "muninn:guessed_tokens_total", "Tokens guessed to go on from.", guessed);
    counter(text, "muninn:right_guesses_total", "Those that were right.", guessedRight);
    counter(text, "muninn:squashed_lanes_total", "Positions thrown away.", squashed);
    counter(text, "muninn:refused_requests_total", "Requests told to come again.", refused);
    text.describe("muninn:kv_pages", "gauge", "KV pages by what they are for.");
    text.value("muninn:kv_pages", pages.held(), "state", "held");
    text.value("muninn:kv_pages", pages.cached(), "state", "cached");
    text.value("muninn:kv_pages", pages.total() - pages.held() - pages.cached(), "state", "free");
    text.describe("muninn:kv_pages_by_step", "gauge", "KV pages in use by what wrote them.");
    for (int i = 0; i < pages.byDepth().size(); i++) {
      String step = i == 0 ? "prelude and coda" : Integer.toString(i);
      text.value("muninn:kv_pages_by_step", pages.byDepth().get(i), "step", step);
    }
  }

  private static void counter(PrometheusText text, String name, String help, LongAdder value) {
    text.single(name, "counter", help, value.sum());
  }
}
