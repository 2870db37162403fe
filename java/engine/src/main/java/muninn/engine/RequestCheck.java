package muninn.engine;

import muninn.UserException;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.RequestOptions;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.model.Config;
import muninn.model.Model;

/**
 * Refuses requests that cannot be served, naming field, value and remedy: what each option of
 * {@link RequestOptions} may be, then what depends on the model or on another option.
 */
public final class RequestCheck {
  private final Model model;
  private final EngineOptions limits;

  RequestCheck(Model model, EngineOptions limits) {
    this.model = model;
    this.limits = limits;
  }

  void check(Request request) {
    Options o = request.options();
    prompt(request.prompt());
    Range.check(
        "steps",
        o.steps(),
        1,
        limits.maxSteps(),
        limits.maxSteps() == EngineOptions.MOST_STEPS
            ? ""
            : "; the engine was opened for at most " + limits.maxSteps() + " (max_steps)");
    options(o);
    gate(o.thinking().rule());
    Range.check("logprobs", o.logProbs(), -1, model.config().vocabulary(), "");
    Range.check("prompt_logprobs", o.promptLogProbs(), -1, model.config().vocabulary(), "");
    o.sampling().logitBias().keySet().stream()
        .filter(token -> token >= model.config().vocabulary())
        .min(Integer::compare)
        .ifPresent(
            token -> {
              throw UserException.of(
                  "logit_bias token %d is outside the vocabulary: ids go from 0 to %d",
                  token, model.config().vocabulary() - 1);
            });
    if (!o.stop().isEmpty() && model.tokenizer().isEmpty()) {
      throw UserException.of(
          "stop needs text and %s has no tokenizer.json: leave stop out, or add the file",
          model.name());
    }
  }

  /** The same of a request whose answer begins with these tokens. */
  void check(Request request, int[] said) {
    check(request);
    ids("answer token", said);
    int positions = request.prompt().length + said.length;
    if (positions > model.config().blockSize()) {
      throw UserException.of(
          "prompt and answer have %d tokens and the model's block_size is %d: shorten them",
          positions, model.config().blockSize());
    }
    if (said.length >= request.options().maxTokens()) {
      throw UserException.of(
          "max_tokens is %d and %d tokens are said already: raise max_tokens",
          request.options().maxTokens(), said.length);
    }
  }

  /**
   * Refuses options that no model could serve.
   *
   * @throws UserException naming option, value and what is wanted
   */
  public static void options(Options options) {
    exit(options.thinking().exit(), options.steps());
    RequestOptions.ALL.forEach(option -> option.check(options));
    speculation(options.thinking(), options.steps());
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
    ids("prompt token", prompt);
  }

  private void ids(String what, int[] tokens) {
    int vocabulary = model.config().vocabulary();
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocabulary) {
        throw UserException.of(
            "%s %d (at place %d) is outside the vocabulary: ids go from 0 to %d",
            what, tokens[i], i, vocabulary - 1);
      }
    }
  }

  private void gate(ExitRule rule) {
    if (rule != null && rule.sees() == ExitRule.Sees.GATE && model.architecture().gate() == null) {
      throw UserException.of(
          "exit gate asks a gate that was trained with the model, and %s (%s) has none: choose"
              + " another rule, such as latent-diff",
          model.name(), model.architecture().family());
    }
  }

  private static void exit(Exit exit, int steps) {
    if (exit.rule() == null) {
      alone("min_steps", exit.minSteps() != 1);
      alone("exit_every", exit.every() != 1);
      alone("exit_lookahead", exit.lookahead());
      alone("exit_prompt", exit.prompt());
      alone("exit_select", exit.selects());
      return;
    }
    Range.check("min_steps", exit.minSteps(), 1, steps, "; steps is " + steps);
    if (exit.lookahead() && exit.rule().sees() == ExitRule.Sees.OUTPUT) {
      throw UserException.of(
          "exit_lookahead hears a rule a step late, and %s looks at the output of the step that"
              + " speaks: leave it out, or choose one of %s",
          exit.name(), KnownExit.Kind.seeing(sees -> sees != ExitRule.Sees.OUTPUT));
    }
    if (exit.rule() instanceof KnownExit known) {
      threshold("exit_threshold", known);
    }
  }

  private static void threshold(String field, KnownExit rule) {
    boolean counts = rule.kind() == KnownExit.Kind.ARGMAX_STABILITY;
    boolean gate = rule.kind() == KnownExit.Kind.GATE;
    String hint = " for " + rule.kind().id() + (gate ? ", a probability; 1 is never reached" : "");
    Range.check(field, rule.threshold(), counts ? 1 : Float.MIN_VALUE, gate ? 1 : 1e6, hint);
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
    Range.check("speculate draft", s.draft(), auto ? Speculation.AUTO : 1, Integer.MAX_VALUE, "");
    if (s.draft() >= steps) {
      throw UserException.of(
          "speculate drafts at %d steps and steps is %d: lower draft, raise steps, or leave it out",
          s.draft(), steps);
    }
    Range.check(
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
}
