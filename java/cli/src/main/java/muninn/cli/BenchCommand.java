package muninn.cli;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.lab.Effort;
import muninn.lab.bench.Bench;
import muninn.lab.bench.BenchOptions;
import muninn.lab.bench.BenchOptions.Section;
import muninn.lab.bench.BenchResult;
import muninn.lab.report.ReportJson;
import muninn.model.Config;
import muninn.model.Model;

/** {@code muninn bench}: how fast a device runs a model, beside how fast it could. */
final class BenchCommand implements Command {
  private static final int CONTEXT = 512;
  private static final List<Integer> PREFILL = List.of(128, 512, 2048);
  private static final int NEW_TOKENS = 32;
  private static final int QUICK_NEW_TOKENS = 12;

  private static final Value<List<Integer>> COUNTS = Value.whole("N", 1, 1 << 16).list();

  private static final Option<List<Section>> SECTIONS =
      Option.of(
              "--sections",
              new Value<>(
                      "NAME",
                      "operations, ticks, prefill, generation or variants",
                      BenchCommand::section,
                      new ShellCompletion.Words(
                          List.of("operations", "ticks", "prefill", "generation", "variants")),
                      null)
                  .list(),
              "What to measure: operations, ticks, prefill, generation; or variants of kernels.")
          .or(Section.USUAL)
          .byDefaultSaid("all but variants")
          .shown();
  private static final Option<List<Integer>> LANES =
      Option.of("--lanes", COUNTS, "Lanes of operations and ticks.")
          .or(List.of(1, 2, 4, 8, 16, 32, 64, 256))
          .byDefaultSaid("1,2,4,8,16,32,64,256")
          .shown();
  private static final Option<Integer> ATTENDED =
      Option.of("--context", Value.whole("N", 1), "Positions that each lane attends to.")
          .byDefaultSaid("512, or block_size if less");
  private static final Option<List<Integer>> PROMPTS =
      Option.of("--prefill", Value.whole("N", 1).list(), "Lengths of prompts.")
          .byDefaultSaid("those of 128,512,2048 that block_size allows");
  private static final Option<List<Integer>> STEPS =
      Option.of("--steps", COUNTS, "Recurrence steps of generation.")
          .letter('s')
          .or(List.of(4, 8, 16, 32))
          .byDefaultSaid("4,8,16,32")
          .shown();
  private static final Option<List<Integer>> BATCH =
      Option.of("--batch", COUNTS, "Requests at once, of generation.")
          .or(List.of(1))
          .byDefaultSaid("1")
          .shown();
  private static final Option<Integer> MAX_TOKENS =
      Option.of("--max-tokens", Value.whole("N", 1), "New tokens of each answer.")
          .letter('n')
          .byDefaultSaid("32, with --quick 12");
  private static final Option<Integer> ROUNDS =
      Option.of("--rounds", Value.whole("N", 1), "Rounds of each measurement.")
          .byDefaultSaid("7, with --quick 3");
  private static final Option<Long> READ_MEMORY =
      Option.of(
              "--read-memory",
              MemorySize.VALUE,
              "Memory over which the read bandwidth is measured.")
          .byDefaultSaid("2GiB, less where there is less, more where caches are larger");
  private static final Option<Boolean> QUICK =
      Option.flag("--quick", "Shorter and fewer rounds: a first impression.").shown();
  private static final Option<Boolean> VARIANTS =
      Option.flag(
          "--variants",
          "Time every kernel of the operations that a GPU has several for, beside the CPU, and say"
              + " which is taken; the same as --sections variants.");
  private static final Option<String> JSON =
      Option.of(
              "--json",
              Value.text("FILE|-").offering(ShellCompletion.FILES),
              "Write all of it as one JSON object; - writes that instead of the table.")
          .shown();

  private static final Option<String> LINES =
      Option.of(
          "--lines",
          Value.text("FILE").offering(ShellCompletion.FILES),
          "Append each result to a file as soon as it is there, a JSON object a line: what was"
              + " measured before a kill is kept.");

  private final Console console;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "bench", "Measures a device on a model: ceilings, operations, ticks, prompts, answers.")
        .details(
            "First come the device's own ceilings: reading memory, and products. Every other time"
                + " stands beside its floor, the time that these allow for the bytes it must move"
                + " and the FLOP it must do, and says how much of it it reaches. Times are medians"
                + " of several rounds, ceilings the best; the spread is from the fastest to the"
                + " slowest. A ~ marks rounds that lie far apart; the load of the machine before it"
                + " began stands at the top. A * marks what the last-level cache may hold: there"
                + " the floor, which is the memory's, can be beaten. Answers are held against the"
                + " ticks that their steps imply, in number, and in time where the ticks were"
                + " measured.")
        .groups(
            Group.of(
                "What is measured",
                QUICK,
                SECTIONS,
                VARIANTS,
                LANES,
                STEPS,
                BATCH,
                MAX_TOKENS,
                ATTENDED,
                PROMPTS,
                ROUNDS,
                READ_MEMORY,
                BenchCounters.CARD),
            BenchDuel.GROUP,
            BenchTimeline.GROUP,
            BenchCounters.GROUP,
            ModelOptions.group(),
            Group.of("Output", JSON, LINES))
        .examples(
            "muninn bench --quick",
            "muninn bench --model random:huginn-0125 --json huginn.json",
            "muninn bench --model random:1024x8x3456,vocab=8192 --sections ticks --lanes 1,8,64",
            "muninn bench --variants --device cuda --lanes 1,8,64",
            "muninn bench --model DIR --sections generation --steps 32 --batch 1,64 --json -",
            "muninn bench --model random:huginn-0125 --lanes 1,64 --timeline step.json",
            "muninn bench --device emulated --counters --model random:huginn-0125 --lanes 1,64");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    BenchOptions options = options(given, config(model));
    String json = given.get(JSON);
    if (json != null && !json.equals("-")) {
      new OutputFiles(model)
          .writes(given.name(JSON), Path.of(json), "a benchmark's numbers", ReportJson.MARK)
          .check();
    }
    if (given.get(BenchCounters.COUNTERS)) {
      count(given, model, options);
      return 0;
    }
    Bench.Heard heard =
        given.has(LINES)
            ? BenchJson.lines(Path.of(given.get(LINES)), given.line())
            : Bench.Heard.NOTHING;
    if (given.has(BenchDuel.AGAINST)) {
      new BenchDuel(console, given, options).run(model, heard);
      return 0;
    }
    if (given.has(BenchTimeline.TIMELINE)) {
      List<Integer> lanes = given.has(LANES) ? options.lanes() : List.of(1);
      new BenchTimeline(console, given, options).run(model, lanes, heard);
      return 0;
    }
    BenchResult result =
        new Bench(
                model.name(),
                model.engine(console),
                options,
                now -> console.err().println("bench: " + now),
                heard)
            .run();
    if (!"-".equals(json)) {
      BenchTable.print(console.out(), result);
    }
    if (json != null) {
      JsonOutput.to(json, console, out -> BenchJson.print(out, result, given.line()));
    }
    return 0;
  }

  private void count(Arguments given, ModelOptions model, BenchOptions options) {
    BenchCounters counters =
        new BenchCounters(
            console,
            given,
            given.has(LANES) ? options.lanes() : BenchCounters.LANES,
            given.has(ATTENDED) ? options.context() : BenchCounters.context(options.context()));
    counters.count(model);
    String json = given.get(JSON);
    if (!"-".equals(json)) {
      counters.print();
    }
    if (json != null) {
      JsonOutput.to(json, console, counters::json);
    }
  }

  /** The shape alone: what is wrong with an option is said before anything is loaded. */
  private static Config config(ModelOptions model) {
    try (Model opened = Model.open(model.name())) {
      return opened.config();
    }
  }

  private static BenchOptions options(Arguments given, Config config) {
    boolean quick = given.get(QUICK);
    Set<Section> chosen = sections(given);
    int most = config.blockSize();
    String within = String.format(Locale.ROOT, "from 1 to %d, the model's block_size", most);
    int context = given.has(ATTENDED) ? given.get(ATTENDED) : Math.min(CONTEXT, most);
    given.require(context <= most, ATTENDED, within);
    List<Integer> prompts =
        given.has(PROMPTS) ? given.get(PROMPTS) : PREFILL.stream().filter(n -> n <= most).toList();
    given.require(prompts.stream().allMatch(n -> n <= most), PROMPTS, within);
    int room = most - BenchOptions.PROMPT;
    int tokens =
        given.has(MAX_TOKENS)
            ? given.get(MAX_TOKENS)
            : Math.max(2, Math.min(quick ? QUICK_NEW_TOKENS : NEW_TOKENS, room));
    given.require(
        !chosen.contains(Section.GENERATION) || (tokens >= 2 && tokens <= room),
        MAX_TOKENS,
        String.format(
            Locale.ROOT,
            "from 2 to %d, the model's block_size less a prompt of %d",
            room,
            BenchOptions.PROMPT));
    Effort effort = quick ? Effort.QUICK : Effort.FULL;
    return new BenchOptions(
        chosen,
        given.get(LANES),
        context,
        prompts,
        given.get(STEPS),
        given.get(BATCH),
        tokens,
        given.has(READ_MEMORY) ? given.get(READ_MEMORY) : 0,
        given.has(ROUNDS) ? effort.withRounds(given.get(ROUNDS)) : effort,
        BenchCounters.card(given).orElse(null));
  }

  private static Set<Section> sections(Arguments given) {
    if (!given.get(VARIANTS)) {
      return EnumSet.copyOf(given.get(SECTIONS));
    }
    Set<Section> sections = EnumSet.of(Section.VARIANTS);
    if (given.has(SECTIONS)) {
      sections.addAll(given.get(SECTIONS));
    }
    return sections;
  }

  private static Optional<Section> section(String name) {
    return Stream.of(Section.values())
        .filter(section -> section.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }
}
