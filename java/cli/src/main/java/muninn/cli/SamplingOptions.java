package muninn.cli;

import java.util.List;
import java.util.Optional;
import muninn.batch.JobOptions;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;
import muninn.engine.Sampling;
import muninn.engine.Thinking;
import muninn.model.Config;

/** How an answer is thought out and drawn; the names are vLLM's and Hugging Face's. */
final class SamplingOptions {
  static final Option<Float> TEMPERATURE =
      Option.of(
              "--temperature",
              Value.real("T", "at least 0 (0 is greedy)", x -> x >= 0),
              "0 takes the most probable token, 1 draws as the model says.")
          .letter('t')
          .or(0f)
          .byDefaultSaid("0")
          .shown();
  static final Option<Long> SEED =
      Option.of("--seed", Value.longs("N"), "Same seed, same answer, alone or in any batch.")
          .byDefault(0L)
          .shown();
  static final Option<Float> INIT_SCALE =
      Option.of(
              "--init-scale",
              Value.real("X", "at least 0", x -> x >= 0),
              "Scale of the random state that thinking starts from; 0 is none.")
          .or(1f)
          .byDefaultSaid("1");

  private static final Option<Integer> MAX_TOKENS =
      Option.of(
              "--max-tokens",
              Value.whole("N", 1),
              "Most new tokens; the model's block_size bounds it too.")
          .letter('n')
          .byDefault(256)
          .shown();
  private static final Option<Integer> TOP_K =
      Option.of("--top-k", Value.whole("K", 0), "Draw among the K most probable tokens.")
          .or(0)
          .byDefaultSaid("0, all");
  private static final Option<Float> TOP_P =
      Option.of(
              "--top-p",
              Value.real("P", "above 0 and at most 1 (1 keeps all)", x -> x > 0 && x <= 1),
              "Draw among the fewest tokens of total probability P.")
          .or(1f)
          .byDefaultSaid("1, all")
          .shown();
  private static final Option<Float> MIN_P =
      Option.of(
              "--min-p",
              Value.real("P", "from 0 (keeps all) to 1", x -> x >= 0 && x <= 1),
              "Drop tokens below P times the most probable one.")
          .or(0f)
          .byDefaultSaid("0, none");
  private static final Option<Float> REPETITION_PENALTY =
      Option.of(
              "--repetition-penalty",
              Value.real("X", "above 0 (1 is none)", x -> x > 0),
              "Above 1 makes tokens that were there less probable.")
          .or(1f)
          .byDefaultSaid("1, none");
  private static final Option<List<String>> STOP =
      Option.of(
              "--stop",
              Value.text("TEXT")
                  .read(text -> Optional.of(text).filter(t -> !t.isEmpty()))
                  .wanting("a text that is not empty")
                  .repeated(),
              "End the answer before this text; may be repeated.")
          .or(List.of())
          .shown();
  private static final Option<Boolean> IGNORE_EOS =
      Option.flag("--ignore-eos", "Go on after the model says that it is done.");

  /** Only where answers are written as JSON. */
  static final Option<Integer> LOGPROBS =
      Option.of(
          "--logprobs",
          Value.whole("N", 0),
          "Report log-probabilities: of each token, and of the N most probable beside it.");

  static final Group GROUP =
      Group.of(
          "Sampling",
          MAX_TOKENS,
          TEMPERATURE,
          TOP_P,
          SEED,
          STOP,
          TOP_K,
          MIN_P,
          REPETITION_PENALTY,
          INIT_SCALE,
          IGNORE_EOS,
          LOGPROBS);

  private final Arguments given;
  private final Thinking thinking;

  /**
   * What the options say, those of thinking among them.
   *
   * @throws UsageException where that means nothing
   */
  SamplingOptions(Arguments given) {
    this.given = given;
    this.thinking = ThinkingOptions.of(given);
  }

  /** The steps asked for, 0 when it is left to the model. */
  int steps() {
    return given.has(ThinkingOptions.STEPS) ? given.get(ThinkingOptions.STEPS) : 0;
  }

  /** The options with the model's own defaults filled in. */
  JobOptions resolve(Config config) {
    return new JobOptions(
        steps() == 0 ? config.meanRecurrence() : steps(),
        given.get(MAX_TOKENS),
        new Sampling(
            given.get(TEMPERATURE),
            given.get(TOP_K),
            given.get(TOP_P),
            given.get(MIN_P),
            given.get(REPETITION_PENALTY),
            given.get(SEED)),
        given.get(INIT_SCALE),
        given.get(STOP),
        given.get(IGNORE_EOS),
        given.has(LOGPROBS) ? given.get(LOGPROBS) : -1,
        thinking);
  }
}
