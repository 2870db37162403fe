package muninn.cli;

import java.util.Optional;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.hub.HubSettings;
import muninn.hub.ModelId;
import muninn.hub.Pull;

/** {@code muninn pull}: a checkpoint from the Hugging Face hub into the cache of this machine. */
final class PullCommand implements Command {
  private static final int PARALLEL = 8;

  private static final Option<ModelId> MODEL =
      Option.operand(
              "MODEL",
              new Value<ModelId>(
                  "OWNER/NAME",
                  "a model on the hub, as tomg-group-umd/huginn-0125",
                  PullCommand::model,
                  ShellCompletion.NOTHING,
                  null),
              "The model on the hub; OWNER/NAME@REVISION names a revision of it.")
          .needed();
  private static final Option<String> REVISION =
      Option.of("--revision", Value.text("REVISION"), "Branch, tag or commit to download.")
          .byDefaultSaid("main")
          .shown();
  private static final Option<Integer> WORKERS =
      Option.of("--max-workers", Value.whole("N", 1, 64), "Files to download at once.")
          .byDefault(PARALLEL);

  private final Console console;

  PullCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("pull", "Downloads a model from the Hugging Face hub.")
        .details(
            "Downloads what a model is loaded from (configuration, tokenizer, chat template,"
                + " safetensors) and nothing else, checks every file against the hub's hash, and"
                + " prints the folder. The files lie in the cache that other programs use too"
                + " (HF_HOME, HF_HUB_CACHE; ~/.cache/huggingface/hub by default), so nothing is"
                + " downloaded twice. Afterwards every command takes the model by its name:"
                + " --model OWNER/NAME.",
            "A download that was ended goes on when the same command is given again. Models that"
                + " are gated or private need a token in HF_TOKEN, or the one that 'hf auth login'"
                + " has stored. HF_ENDPOINT names a mirror; HF_HUB_OFFLINE=1 forbids the network.")
        .operands(MODEL)
        .groups(Group.of("Download", REVISION, WORKERS))
        .examples(
            "muninn pull tomg-group-umd/huginn-0125",
            "muninn pull ByteDance/Ouro-1.4B --revision main",
            "muninn chat --model tomg-group-umd/huginn-0125 --steps 32",
            "HF_ENDPOINT=https://mirror.example muninn pull OWNER/NAME");
  }

  @Override
  public int run(Arguments given) {
    ModelId id = given.get(MODEL);
    if (given.has(REVISION)) {
      given.require(
          id.revision().equals(ModelId.MAIN),
          REVISION,
          "left out where OWNER/NAME@REVISION says it");
      id = new ModelId(id.repository(), given.get(REVISION));
    }
    Pull pull =
        new Pull(
            HubSettings.ofProcess(),
            given.get(WORKERS),
            note -> console.err().println("muninn: " + note));
    Thread self = Thread.currentThread();
    console.interrupt().untilEnd(self::interrupt);
    try {
      Pull.Result result = pull.run(id, TransferProgress.on(console));
      console.err().println(describe(id, result));
      console.out().println(result.snapshot());
      return 0;
    } catch (InterruptedException e) {
      console.err().println("muninn: stopped; give the same command again to go on");
      return Interrupt.EXIT_CODE;
    }
  }

  private static Optional<ModelId> model(String text) {
    return ModelId.parse(text);
  }

  private static String describe(ModelId id, Pull.Result result) {
    String what =
        result.downloaded() == 0
            ? "all of it was there"
            : MemorySize.shown(result.downloaded()) + " downloaded";
    return id + ": " + what + "; --model " + id + " runs it";
  }
}
