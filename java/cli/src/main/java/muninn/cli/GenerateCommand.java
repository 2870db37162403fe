package muninn.cli;

import java.util.concurrent.Callable;
import muninn.batch.Answers;
import muninn.batch.JobOptions;
import muninn.batch.Responder;
import muninn.engine.Completion;
import muninn.engine.Engine;
import muninn.engine.Generation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muninn generate}: one answer, printed while it is thought out. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    description = "Continues a prompt and prints the answer as its tokens become final.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn generate --prompt \"348+27+915=\"",
      "  muninn generate --prompt \"348+27+915=\" --steps 2 --stats",
      "  muninn generate --prompt \"348+27+915=\" --steps 64 --exit kl --kv mod:4 --stats",
      "  muninn generate --prompt \"348+27+915=\" --steps 32 --speculate wavefront:draft=1 --stats",
      "  echo \"348+27+915=\" | muninn generate --json",
      "  muninn generate --model ~/huginn-0125 --chat --prompt \"Why is the sky blue?\" -t 0.7"
          + " --top-p 0.9",
      "  muninn generate --model DIR --tokens 5,7,9 --max-tokens 20 --ignore-eos"
    })
final class GenerateCommand implements Callable<Integer> {
  private final Console console;

  @Spec private CommandSpec spec;
  @Mixin private PromptOptions prompt;
  @Mixin private ModelOptions model;
  @Mixin private SamplingOptions sampling;

  @Option(
      names = "--json",
      description =
          "Print one JSON object at the end: tokens, text, steps, finish_reason, stats, approximate"
              + " where speculation may have changed the text, and logprobs where asked for.")
  private boolean json;

  @Option(
      names = "--stats",
      description = "Print what it took, and each token's steps, to standard error.")
  private boolean stats;

  GenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    prompt.check();
    model.check();
    sampling.check();
    Range.require(
        spec,
        json || !sampling.logProbs(),
        "--logprobs",
        "alone",
        "with --json, which prints them");
    String text = prompt.text(console);
    try (Engine engine = model.open(console, sampling.steps())) {
      Responder responder = Responder.of(engine);
      JobOptions options = sampling.resolve(engine.model().config());
      Generation answer = responder.submit(options.request(prompt.ids(responder, text)));
      console.interrupt().untilEnd(answer::cancel);
      Completion completion = print(answer, responder.hasText(), options.logProbs() >= 0);
      if (stats) {
        Stats took = Stats.of(completion);
        console.err().println(took.line());
        console.err().println(took.stepsLine());
        took.speculationLine().ifPresent(console.err()::println);
        took.approximateLine().ifPresent(console.err()::println);
      }
    }
    return console.interrupt().raised() ? Interrupt.EXIT_CODE : 0;
  }

  private Completion print(Generation answer, boolean hasText, boolean logProbs) {
    if (!json) {
      return StreamedAnswer.print(answer, hasText, console.out());
    }
    Completion completion = answer.completion().join();
    JsonOutput.print(
        console.out(),
        object -> {
          Answers.writeFields(object, completion, hasText, logProbs);
          Stats.of(completion).write(object);
        });
    return completion;
  }
}
