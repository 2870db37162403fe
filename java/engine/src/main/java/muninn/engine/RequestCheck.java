package muninn.engine;

import muninn.UserException;
import muninn.model.Config;
import muninn.model.Model;

/** Refuses requests that cannot be served, naming field, value and remedy. */
final class RequestCheck {
  private final Model model;
  private final EngineOptions options;

  RequestCheck(Model model, EngineOptions options) {
    this.model = model;
    this.options = options;
  }

  void check(Request request) {
    prompt(request.prompt());
    within(
        "steps",
        request.steps(),
        1,
        options.maxSteps(),
        "; the engine was opened for at most " + options.maxSteps() + " (max_steps)");
    within("max_tokens", request.maxTokens(), 1, 1 << 30, "");
    sampling(request.sampling());
    within("init_scale", request.initScale(), 0, 1e6, "");
    exit(request.thinking().exit(), request.steps());
    speculation(request.thinking(), request.steps());
    within("logprobs", request.logProbs(), -1, model.config().vocabulary(), "");
    for (String stop : request.stop()) {
      if (stop.isEmpty()) {
        throw new UserException(
            "stop has an empty text, which every answer begins with: leave it out");
      }
    }
    if (!request.stop().isEmpty() && model.tokenizer().isEmpty()) {
      throw UserException.of(
          "stop needs text and %s has no tokenizer.json: leave stop out, or add the file",
          model.name());
    }
  }

  private void prompt(int[] prompt) {
    Config config = model.config();
    if (prompt.length == 0) {
      throw new UserException("the prompt has no tokens: give at least one");
    }
    if (prompt.length > config.blockSize()) {
      throw UserException.of(
          "the prompt has %d tokens and the model's block_size is %d: shorten the prompt",
          prompt.length, config.blockSize());
    }
    for (int i = 0; i < prompt.length; i++) {
      if (prompt[i] < 0 || prompt[i] >= config.vocabulary()) {
        throw UserException.of(
            "prompt token %d (at place %d) is outside the vocabulary: ids go from 0 to %d",
            prompt[i], i, config.vocabulary() - 1);
      }
    }
  }

  private static void sampling(Sampling s) {
    within("temperature", s.temperature(), 0, 1e6, "; 0 is greedy");
    within("top_k", s.topK(), 0, Integer.MAX_VALUE, "; 0 keeps all tokens");
    within("top_p", s.topP(), Float.MIN_VALUE, 1, "; 1 keeps all tokens");
    within("min_p", s.minP(), 0, 1, "; 0 keeps all tokens");
    within("repetition_penalty", s.repetitionPenalty(), 1e-3, 1e3, "; 1 is none");
  }

  private static void exit(Exit exit, int steps) {
    if (exit.rule() == null) {
      alone("min_steps", exit.minSteps() != 1);
      alone("exit_every", exit.every() != 1);
      alone("exit_prompt", exit.prompt());
      return;
    }
    within("min_steps", exit.minSteps(), 1, steps, "; steps is " + steps);
    within("exit_every", exit.every(), 1, Integer.MAX_VALUE, "");
    if (exit.rule() instanceof KnownExit known) {
      threshold("exit_threshold", known);
    }
  }

  private static void threshold(String field, KnownExit rule) {
    boolean counts = rule.kind() == KnownExit.Kind.ARGMAX_STABILITY;
    String hint = " for " + rule.kind().id();
    within(field, rule.threshold(), counts ? 1 : Float.MIN_VALUE, 1e6, hint);
    if (counts && rule.threshold() != Math.rint(rule.threshold())) {
      throw UserException.of(
          "%s is %s, wanted a whole number%s, which counts steps", field, rule.threshold(), hint);
    }
  }

  private static void speculation(Thinking thinking, int steps) {
    Speculation s = thinking.speculation();
    if (s.kind() == Speculation.Kind.NONE) {
      return;
    }
    boolean auto = s.kind() == Speculation.Kind.WAVEFRONT;
    within("speculate draft", s.draft(), auto ? Speculation.AUTO : 1, Integer.MAX_VALUE, "");
    if (s.draft() >= steps) {
      throw UserException.of(
          "speculate drafts at %d steps and steps is %d: lower draft, raise steps, or leave it out",
          s.draft(), steps);
    }
    within(
        "speculate " + s.kind().lanesName(),
        s.lanes(),
        2,
        Integer.MAX_VALUE,
        "; one lane ahead guesses nothing");
    if (s.freeze() != null) {
      freeze(s, thinking.exit());
    }
    thinking
        .whyApproximate()
        .filter(_ -> !s.approximate())
        .ifPresent(
            reason -> {
              throw UserException.of(
                  "speculate %s cannot be exact here: %s. Leave one of them out, or add"
                      + " approximate, which changes the text",
                  s, reason);
            });
  }

  private static void freeze(Speculation s, Exit exit) {
    if (s.kind() != Speculation.Kind.WAVEFRONT) {
      throw UserException.of("speculate %s cannot freeze: only a wavefront does", s);
    }
    if (exit.rule() != null) {
      throw UserException.of(
          "speculate %s and an exit rule both say when a position has thought enough: leave freeze"
              + " or the exit rule out",
          s);
    }
    threshold("speculate threshold", s.freeze());
  }

  private static void alone(String field, boolean stated) {
    if (stated) {
      throw UserException.of(
          "%s is stated but no exit rule: choose one (%s), or leave it out",
          field, KnownExit.Kind.ids());
    }
  }

  /** Refuses a value outside its range, NaN too; the hint completes the sentence. */
  static void within(String field, double value, double least, double most, String hint) {
    if (!(value >= least && value <= most)) {
      String range =
          most == Integer.MAX_VALUE
              ? "at least " + plain(least)
              : plain(least) + " to " + plain(most);
      throw UserException.of("%s is %s, wanted %s%s", field, plain(value), range, hint);
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.valueOf((long) value)
        : String.valueOf((float) value);
  }
}
