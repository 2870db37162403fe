package muninn.cli;

import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.engine.Completion;
import muninn.engine.Generation;
import muninn.engine.Options;
import muninn.engine.Request;
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
      Generation answer = engine.engine().submit(request);
      console.interrupt().untilEnd(answer::cancel);
      engine.waiting().at("thinking about a prompt of " + count(request.prompt().length));
      Completion completion =
          json
              ? print(answer, options, AnswerJson.of(responder), engine.waiting())
              : StreamedAnswer.print(
                  answer, responder.hasText(), console.out(), engine.waiting()::close);
      if (given.get(STATS)) {
        say(Stats.of(completion));
      }
    }
    return console.interrupt().raised() ? Interrupt.EXIT_CODE : 0;
  }

  private static String count(int tokens) {
    return tokens == 1 ? "one token" : tokens + " tokens";
  }

  private Completion print(Generation answer, Options options, AnswerJson format, Waiting waiting) {
    Completion completion = answer.completion().join();
    waiting.close();
    JsonOutput.print(
        console.out(),
        object -> {
          format.write(object, options, completion);
          Stats.of(completion).write(object);
        });
    return completion;
  }

  private void say(Stats took) {
    console.err().println(took.line());
    console.err().println(took.stepsLine());
    took.speculationLine().ifPresent(console.err()::println);
    took.approximateLine().ifPresent(console.err()::println);
  }
}
