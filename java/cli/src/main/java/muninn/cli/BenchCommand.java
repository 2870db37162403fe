package muninn.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import muninn.UserException;
import muninn.lab.Bench;
import muninn.lab.BenchOptions;
import muninn.lab.BenchOptions.Section;
import muninn.lab.BenchResult;
import muninn.lab.Effort;
import muninn.model.Config;
import muninn.model.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muninn bench}: how fast a device runs a model, beside how fast it could. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    header = "Measures a device on a model: ceilings, operations, ticks, prompts, answers.",
    description = {
      "",
      "First come the device's own ceilings: reading memory, and products. Every other time stands"
          + " beside its floor, the time that these allow for the bytes it must move and the FLOP"
          + " it must do, and says how much of it it reaches. Times are medians of several rounds;"
          + " the spread is from the fastest to the slowest. A * marks what the last-level cache"
          + " may hold: there the floor, which is the memory's, can be beaten.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn bench --quick",
      "  muninn bench --model random:huginn-0125 --json huginn.json",
      "  muninn bench --model random:1024x8x3456,vocab=8192 --sections ticks --lanes 1,8,64",
      "  muninn bench --model DIR --sections generation --steps 32 --batch 1,64 --json -"
    })
final class BenchCommand implements Callable<Integer> {
  private static final int CONTEXT = 512;
  private static final List<Integer> PREFILL = List.of(128, 512, 2048);
  private static final int NEW_TOKENS = 32;
  private static final int QUICK_NEW_TOKENS = 12;

  private final Console console;

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(
      names = "--sections",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "operations,ticks,prefill,generation",
      description =
          "What to measure: operations, ticks, prefill, generation. Default: all of them.")
  private List<String> sections;

  @Option(
      names = "--lanes",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2,4,8,16,32,64,256",
      description = "Lanes of operations and ticks. Default: 1,2,4,8,16,32,64,256.")
  private List<Integer> lanes;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "Positions that each lane attends to. Default: 512, or block_size if less.")
  private Integer context;

  @Option(
      names = "--prefill",
      paramLabel = "N",
      split = ",",
      description = "Lengths of prompts. Default: those of 128,512,2048 that block_size allows.")
  private List<Integer> prefill;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      split = ",",
      defaultValue = "4,8,16,32",
      description = "Recurrence steps of generation. Default: 4,8,16,32.")
  private List<Integer> steps;

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      defaultValue = "1",
      description = "Requests at once, of generation. Default: 1.")
  private List<Integer> batch;

  @Option(
      names = {"-n", "--max-tokens"},
      paramLabel = "N",
      description = "New tokens of each answer. Default: 32, with --quick 12.")
  private Integer newTokens;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Rounds of each measurement. Default: 7, with --quick 3.")
  private Integer rounds;

  @Option(
      names = "--read-memory",
      paramLabel = "SIZE",
      converter = MemorySize.class,
      description =
          "Memory over which the read bandwidth is measured. Default: 2GiB, less where there is"
              + " less, more where caches are larger.")
  private Long readMemory;

  @Option(names = "--quick", description = "Shorter and fewer rounds: a first impression.")
  private boolean quick;

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Write all of it as one JSON object; - writes that instead of the table.")
  private String json;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    model.check();
    BenchOptions options = options(config());
    checkJson();
    BenchResult result =
        new Bench(
                model.name(),
                model.engine(console),
                options,
                now -> console.err().println("bench: " + now))
            .run();
    List<String> command = spec.root().commandLine().getParseResult().originalArgs();
    if ("-".equals(json)) {
      BenchJson.print(console.out(), result, command);
      return 0;
    }
    BenchTable.print(console.out(), result);
    if (json != null) {
      write(Path.of(json), result, command);
    }
    return 0;
  }

  /** The shape alone: what is wrong with an option is said before anything is loaded. */
  private Config config() {
    try (Model opened = Model.open(model.name())) {
      return opened.config();
    }
  }

  private BenchOptions options(Config config) {
    Set<Section> chosen = sections();
    requireEach("--lanes", lanes, 1, 1 << 16);
    requireEach("--steps", steps, 1, 1 << 16);
    requireEach("--batch", batch, 1, 1 << 16);
    Range.require(spec, rounds == null || rounds >= 1, "--rounds", rounds, "at least 1");
    int most = config.blockSize();
    String within = String.format(Locale.ROOT, "from 1 to %d, the model's block_size", most);
    Range.require(
        spec, context == null || (context >= 1 && context <= most), "--context", context, within);
    if (prefill != null) {
      requireEach("--prefill", prefill, 1, most);
    }
    int room = most - BenchOptions.PROMPT;
    int tokens = newTokens != null ? newTokens : quick ? QUICK_NEW_TOKENS : NEW_TOKENS;
    if (newTokens == null) {
      tokens = Math.max(2, Math.min(tokens, room));
    }
    Range.require(
        spec,
        !chosen.contains(Section.GENERATION) || (tokens >= 2 && tokens <= room),
        "--max-tokens",
        tokens,
        String.format(
            Locale.ROOT,
            "from 2 to %d, the model's block_size less a prompt of %d",
            room,
            BenchOptions.PROMPT));
    Effort effort = quick ? Effort.QUICK : Effort.FULL;
    return new BenchOptions(
        chosen,
        lanes,
        context == null ? Math.min(CONTEXT, most) : context,
        prefill == null ? PREFILL.stream().filter(n -> n <= most).toList() : prefill,
        steps,
        batch,
        tokens,
        readMemory == null ? 0 : readMemory,
        rounds == null ? effort : effort.withRounds(rounds));
  }

  private Set<Section> sections() {
    Set<Section> chosen = EnumSet.noneOf(Section.class);
    for (String name : sections) {
      try {
        chosen.add(Section.valueOf(name.strip().toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(
            spec.commandLine(),
            String.format(
                Locale.ROOT,
                "--sections '%s': must be operations, ticks, prefill or generation",
                name),
            e);
      }
    }
    return chosen;
  }

  private void requireEach(String option, List<Integer> values, int least, int most) {
    for (int value : values) {
      Range.require(
          spec,
          value >= least && value <= most,
          option,
          value,
          String.format(Locale.ROOT, "from %d to %d", least, most));
    }
  }

  /** Found out before minutes of measuring, not after. */
  private void checkJson() {
    if (json == null || json.equals("-")) {
      return;
    }
    Path file = Path.of(json).toAbsolutePath();
    if (Files.isDirectory(file) || !Files.isDirectory(file.getParent())) {
      throw UserException.of(
          "--json %s: %s; name a file in a folder that exists",
          json, Files.isDirectory(file) ? "is a folder" : "its folder does not exist");
    }
  }

  private static void write(Path file, BenchResult result, List<String> command) {
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8))) {
      BenchJson.print(out, result, command);
      if (out.checkError()) {
        throw new IOException("the disk may be full");
      }
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", file, e.getMessage());
    }
  }
}
