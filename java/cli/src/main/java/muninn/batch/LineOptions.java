package muninn.batch;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import muninn.engine.Sampling;
import muninn.engine.Thinking;

/** The options of one line while its fields are read: the defaults, then what the line states. */
final class LineOptions {
  private int steps;
  private int maxTokens;
  private float temperature;
  private int topK;
  private float topP;
  private float minP;
  private float repetitionPenalty;
  private long seed;
  private float initScale;
  private List<String> stop;
  private boolean ignoreEos;
  private int logProbs;
  private final Thinking defaultThinking;
  private String exit;
  private Float exitThreshold;
  private Integer minSteps;
  private Integer exitEvery;
  private Boolean exitPrompt;
  private String kv;
  private Boolean continuous;
  private String speculate;

  LineOptions(JobOptions defaults) {
    Sampling sampling = defaults.sampling();
    steps = defaults.steps();
    maxTokens = defaults.maxTokens();
    temperature = sampling.temperature();
    topK = sampling.topK();
    topP = sampling.topP();
    minP = sampling.minP();
    repetitionPenalty = sampling.repetitionPenalty();
    seed = sampling.seed();
    initScale = defaults.initScale();
    stop = defaults.stop();
    ignoreEos = defaults.ignoreEos();
    logProbs = defaults.logProbs();
    defaultThinking = defaults.thinking();
  }

  void set(String name, JsonNode value) {
    switch (name) {
      case "steps" -> steps = Fields.integer(name, value);
      case "max_tokens" -> maxTokens = Fields.integer(name, value);
      case "temperature" -> temperature = Fields.number(name, value);
      case "top_k" -> topK = Fields.integer(name, value);
      case "top_p" -> topP = Fields.number(name, value);
      case "min_p" -> minP = Fields.number(name, value);
      case "repetition_penalty" -> repetitionPenalty = Fields.number(name, value);
      case "seed" -> seed = Fields.whole(name, value);
      case "init_scale" -> initScale = Fields.number(name, value);
      case "stop" -> stop = Fields.strings(name, value);
      case "ignore_eos" -> ignoreEos = Fields.bool(name, value);
      case "logprobs" -> logProbs = Fields.integer(name, value);
      case "exit" -> exit = Fields.string(name, value);
      case "exit_threshold" -> exitThreshold = Fields.number(name, value);
      case "min_steps" -> minSteps = Fields.integer(name, value);
      case "exit_every" -> exitEvery = Fields.integer(name, value);
      case "exit_prompt" -> exitPrompt = Fields.bool(name, value);
      case "kv" -> kv = Fields.string(name, value);
      case "speculate" -> speculate = Fields.string(name, value);
      case "continuous" -> continuous = Fields.bool(name, value);
      default ->
          throw new LineException(
              "unknown field %s: a line has custom_id, one of prompt, messages, tokens, and %s",
              name, String.join(", ", JobOptions.names()));
    }
  }

  JobOptions build() {
    return new JobOptions(
        steps,
        maxTokens,
        new Sampling(temperature, topK, topP, minP, repetitionPenalty, seed),
        initScale,
        stop,
        ignoreEos,
        logProbs,
        new StatedThinking(
                exit, exitThreshold, minSteps, exitEvery, exitPrompt, kv, continuous, speculate)
            .over(defaultThinking));
  }
}
