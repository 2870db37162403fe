package muninn.cli;

import java.util.concurrent.Callable;
import muninn.batch.JobOptions;
import muninn.batch.Responder;
import muninn.engine.Engine;
import muninn.model.Config;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muninn chat}: a conversation. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    header = "Talks with a model.",
    description = {
      "",
      "Each turn, the whole conversation is the prompt, rendered by the model's chat template."
          + " Inside: /steps N, /seed N, /temperature T, /stats on|off, /reset, /help, /quit;"
          + " Ctrl-C ends an answer, at the prompt it leaves. Input that is not a terminal is read"
          + " line by line.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn chat --model ~/huginn-0125 --temperature 0.7 --top-p 0.9",
      "  muninn chat --model ~/huginn-0125 --system \"You are terse.\" --steps 64",
      "  printf 'Hello\\n/steps 4\\nHello\\n' | muninn chat --model ~/huginn-0125"
    })
final class ChatCommand implements Callable<Integer> {
  private final Console console;

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private SamplingOptions sampling;

  @Option(names = "--system", paramLabel = "TEXT", description = "System message to begin with.")
  private String system;

  ChatCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    model.check();
    sampling.check();
    Range.require(
        spec, !sampling.logProbs(), "--logprobs", "in chat", "left out: chat prints text only");
    try (Engine engine = model.open(console, sampling.steps())) {
      Responder responder = Responder.of(engine);
      Config config = engine.model().config();
      Conversation conversation = new Conversation(responder, config.blockSize(), system);
      conversation.asking(""); // refuses a checkpoint that cannot chat before anything is typed
      try (ChatTerminal terminal =
          console.typed() ? new EditedTerminal() : new PlainTerminal(console)) {
        JobOptions options = sampling.resolve(config);
        new ChatSession(terminal, console.err(), responder, conversation, options).run();
      }
    } catch (ChatTerminal.Left e) {
      return Interrupt.EXIT_CODE;
    }
    return 0;
  }
}
