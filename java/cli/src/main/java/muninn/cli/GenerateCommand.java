package muninn.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.engine.answer.Answers;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.wire.AnswerJson;
import muninn.wire.Responder;

/** {@code muninn generate}: one answer, printed while it is thought out. */
final class GenerateCommand implements Command {
  private static final Option<Boolean> JSON =
      Option.flag(
              "--json",
              "Print one JSON object at the end: tokens, text, steps, finish_reason, stats,"
                  + " approximate where speculation may have changed the text, and logprobs where"
                  + " asked for.")
          .shown();
  private static final Option<Boolean> STATS =
      Option.flag("--stats", "Print what it took, and each token's steps, to standard error.")
          .shown();

  private final Console console;

  GenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("generate", "Continues a prompt and prints the answer while it is thought out.")
        .operands(PromptOptions.OPERAND)
        .groups(
            PromptOptions.GROUP,
            RequestFlags.SAMPLING,
            RequestFlags.ANSWER,
            RequestFlags.THINKING,
            ModelOptions.group(),
            Group.of("Output", JSON, STATS))
        .examples(
            "muninn generate \"348+27+915=\"",
            "muninn generate \"348+27+915=\" --steps 2 --stats",
            "muninn generate \"348+27+915=\" --steps 64 --exit kl --kv mod:4 --stats",
            "muninn generate \"348+27+915=\" --steps 32 --speculate wavefront:draft=1 --stats",
            "echo \"348+27+915=\" | muninn generate --json",
            "muninn generate --model ~/huginn-0125 --chat --prompt-file letter.txt",
            "muninn generate --model ~/huginn-0125 --chat \"Why is the sky blue?\" -t 0.7 --top-p"
                + " 0.9",
            "muninn generate \"348+27+915=\" --steps 2 -t 1 --n 3",
            "muninn generate --prompt='--steps is an option' --max-tokens 8",
            "muninn generate --model DIR --tokens 5,7,9 --max-tokens 20 --ignore-eos");
  }

  @Override
  public int run(Arguments given) {
    PromptOptions prompt = new PromptOptions(given);
    ModelOptions model = new ModelOptions(given);
    RequestFlags flags = new RequestFlags(given);
    boolean json = given.get(JSON);
    given.require(
        json || !given.has(RequestFlags.LOGPROBS),
        RequestFlags.LOGPROBS,
        "with --json, which prints them");
    String text = prompt.text(console);
    try (LateEngine engine = model.late(console, flags.steps())) {
      Responder responder = engine.responder();
      Options options = flags.over(Options.of(engine.model().config()));
      engine.waiting().at("reading the prompt");
      Request request = new Request(prompt.ids(responder, text), options);
      engine.check(request);
      Answers answers = Answers.submit(request, engine.engine()::submit);
      console.interrupt().untilEnd(answers::cancel);
      engine.waiting().at("thinking about a prompt of " + count(request.prompt().length));
      List<Completion> completions =
          json
              ? print(answers, options, AnswerJson.of(responder), engine.waiting())
              : stream(answers, options, responder.hasText(), engine.waiting());
      if (given.get(STATS)) {
        completions.forEach(completion -> say(Stats.of(completion)));
      }
    }
    return console.interrupt().raised() ? Interrupt.EXIT_CODE : 0;
  }

  private static String count(int tokens) {
    return tokens == 1 ? "one token" : tokens + " tokens";
  }

  private List<Completion> print(
      Answers answers, Options options, AnswerJson format, Waiting waiting) {
    List<Completion> completions = answers.completion().join();
    waiting.close();
    JsonOutput.print(
        console.out(),
        object -> format.write(object, options, completions, one -> Stats.of(one).write(object)));
    return completions;
  }

  /** Several answers are thought out together, and printed one below the other. */
  private List<Completion> stream(
      Answers answers, Options options, boolean hasText, Waiting waiting) {
    List<Generation> each = answers.each();
    List<Completion> completions = new ArrayList<>();
    for (int i = 0; i < each.size(); i++) {
      String title =
          String.format(
              Locale.ROOT,
              "%sanswer %d of %d, seed %d:",
              i == 0 ? "" : System.lineSeparator(),
              i + 1,
              each.size(),
              options.each().get(i).sampling().seed());
      Runnable begins =
          () -> {
            waiting.close();
            if (each.size() > 1) {
              console.out().println(title);
            }
          };
      completions.add(StreamedAnswer.print(each.get(i), hasText, console.out(), begins));
    }
    return completions;
  }

  private void say(Stats took) {
    console.err().println(took.line());
    console.err().println(took.stepsLine());
    took.speculationLine().ifPresent(console.err()::println);
    took.approximateLine().ifPresent(console.err()::println);
  }
}
