package muninn.engine.request;

import static muninn.engine.request.RequestOption.Group.ANSWER;

/**
 * Options of a request that say what is answered beside the text: more answers, log-probabilities.
 * Every user of the table reads them through {@link RequestOptions}.
 */
public final class AnswerOptions {
  private static final int MOST_ANSWERS = 128; // as OpenAI has it

  private AnswerOptions() {}

  public static final RequestOption<Integer> N =
      new RequestOption<>(
          "n",
          ANSWER,
          OptionType.whole("N", 1, MOST_ANSWERS, ""),
          Options::n,
          Options::withN,
          "Give N answers: the first has the seed, the others have seeds made of it.",
          "1");

  public static final RequestOption<Integer> LOGPROBS =
      new RequestOption<>(
          "logprobs",
          ANSWER,
          OptionType.whole("N", 0, Integer.MAX_VALUE, ""),
          o -> o.logProbs() < 0 ? null : o.logProbs(),
          Options::withLogProbs,
          "Report log-probabilities: of each token, and of the N most probable beside it.",
          "none");

  public static final RequestOption<Integer> PROMPT_LOGPROBS =
      new RequestOption<>(
          "prompt_logprobs",
          ANSWER,
          OptionType.whole("N", 0, Integer.MAX_VALUE, ""),
          o -> o.promptLogProbs() < 0 ? null : o.promptLogProbs(),
          Options::withPromptLogProbs,
          "Report log-probabilities of the prompt's tokens, and of the N most probable beside"
              + " each.",
          "none");
}
