package muninn.cli;

import java.util.List;
import muninn.batch.JobOptions;
import muninn.engine.Sampling;
import muninn.model.Config;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How an answer is thought out and drawn; the names are vLLM's and Hugging Face's. */
final class SamplingOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private ThinkingOptions thinking;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      description = "Most recurrence steps for a token. Default: the model's mean_recurrence.")
  private Integer steps;

  @Option(
      names = {"-n", "--max-tokens"},
      paramLabel = "N",
      defaultValue = "256",
      description = "Most new tokens; the model's block_size bounds it too. Default: 256.")
  private int maxTokens;

  @Option(
      names = {"-t", "--temperature"},
      paramLabel = "T",
      defaultValue = "0",
      description = "0 takes the most probable token, 1 draws as the model says. Default: 0.")
  private float temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Draw among the K most probable tokens. Default: 0, all.")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description = "Draw among the fewest tokens of total probability P. Default: 1, all.")
  private float topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      defaultValue = "0",
      description = "Drop tokens below P times the most probable one. Default: 0, none.")
  private float minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      defaultValue = "1",
      description = "Above 1 makes tokens that were there less probable. Default: 1, none.")
  private float repetitionPenalty;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Same seed, same answer, alone or in any batch. Default: 0.")
  private long seed;

  @Option(
      names = "--init-scale",
      paramLabel = "X",
      defaultValue = "1",
      description = "Scale of the random state that thinking starts from; 0 is none. Default: 1.")
  private float initScale;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End the answer before this text; may be repeated.")
  private List<String> stop = List.of();

  @Option(names = "--ignore-eos", description = "Go on after the model says that it is done.")
  private boolean ignoreEos;

  @Option(
      names = "--logprobs",
      paramLabel = "N",
      description =
          "Report log-probabilities: of each token, and of the N most probable beside it (--json).")
  private Integer logProbs;

  /** Refuses values out of range. */
  void check() {
    Range.require(spec, steps == null || steps >= 1, "--steps", steps, "at least 1");
    Range.require(spec, maxTokens >= 1, "--max-tokens", maxTokens, "at least 1");
    require(finite(temperature, 0), "--temperature", temperature, "at least 0 (0 is greedy)");
    Range.require(spec, topK >= 0, "--top-k", topK, "at least 0 (0 keeps all)");
    require(topP > 0 && topP <= 1, "--top-p", topP, "above 0 and at most 1 (1 keeps all)");
    require(minP >= 0 && minP <= 1, "--min-p", minP, "from 0 (keeps all) to 1");
    require(
        finite(repetitionPenalty, 0) && repetitionPenalty > 0,
        "--repetition-penalty",
        repetitionPenalty,
        "above 0 (1 is none)");
    Range.requireInitScale(spec, initScale);
    Range.require(
        spec,
        stop.stream().noneMatch(String::isEmpty),
        "--stop",
        "\"\"",
        "a text that is not empty");
    Range.require(spec, logProbs == null || logProbs >= 0, "--logprobs", logProbs, "at least 0");
    thinking.check();
  }

  /** The steps asked for, 0 when it is left to the model. */
  int steps() {
    return steps == null ? 0 : steps;
  }

  /** Whether log-probabilities are asked for. */
  boolean logProbs() {
    return logProbs != null;
  }

  /** The options with the model's own defaults filled in. */
  JobOptions resolve(Config config) {
    return new JobOptions(
        steps == null ? config.meanRecurrence() : steps,
        maxTokens,
        new Sampling(temperature, topK, topP, minP, repetitionPenalty, seed),
        initScale,
        stop,
        ignoreEos,
        logProbs == null ? -1 : logProbs,
        thinking.thinking());
  }

  private void require(boolean ok, String option, float value, String wanted) {
    Range.require(spec, ok, option, value, wanted);
  }

  private static boolean finite(float value, float least) {
    return Float.isFinite(value) && value >= least;
  }
}
