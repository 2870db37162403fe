package muninn.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.request.Options;
import muninn.engine.request.Sampling;
import muninn.files.FileMarks;
import muninn.lab.Effort;
import muninn.lab.expect.Card;
import muninn.lab.profile.Profile;
import muninn.lab.profile.ProfileOptions;
import muninn.lab.profile.Profiled;
import muninn.model.Config;
import muninn.model.Model;

/** {@code muninn profile}: where a token's time goes. */
final class ProfileCommand implements Command {
  private static final int PROMPT_TOKENS = 32;
  private static final int NEW_TOKENS = 32;
  private static final int LEAST_REQUESTS = 8;
  private static final List<String> FLIGHT_EVENTS =
      List.of("Tick", "Admission", "SetBack", "Prompt", "Exit", "Squash");

  private static final Option<Integer> CLIENTS =
      Option.of("--clients", Value.whole("N", 1), "A closed loop: so many clients.")
          .byDefaultSaid("1")
          .shown();
  private static final Option<Double> RATE =
      Option.of(
              "--rate",
              Value.number("R", "above 0, to 1000000", x -> x > 0 && x <= 1e6),
              "An open loop instead: R requests a second on average, whatever happens.")
          .shown();
  private static final Option<String> ARRIVALS =
      Option.of(
              "--arrivals",
              Value.oneOf(List.of("poisson", "constant")),
              "Of an open loop: at random, as independent users come, or at equal distances.")
          .byDefaultSaid("poisson");
  private static final Option<Integer> REQUESTS =
      Option.of("--requests", Value.whole("N", 1), "Requests of a round.")
          .byDefaultSaid("8, or 4 a client, or 4 seconds' of --rate");
  private static final Option<Integer> ROUNDS =
      Option.of(
              "--rounds",
              Value.whole("N", 1, 1000),
              "Rounds of each kind: without a clock, stages timed, operations timed.")
          .byDefault(5);
  private static final Option<String> PROMPT =
      Option.operand("PROMPT", Value.text("TEXT"), "A prompt. Default: made-up tokens.");
  private static final Option<List<String>> PROMPTS =
      Option.of(
              "--prompt",
              Value.text("TEXT").repeated(),
              "The same with a name; may be repeated, then they take turns.")
          .letter('p')
          .or(List.of())
          .shown();
  private static final Option<Integer> PROMPT_LENGTH =
      Option.of("--prompt-tokens", Value.whole("N", 1), "Length of made-up prompts.")
          .byDefaultSaid("32, or half of block_size if less")
          .shown();
  private static final Option<Integer> MAX_TOKENS =
      Option.of("--max-tokens", Value.whole("N", 1), "New tokens of each answer.")
          .letter('n')
          .byDefaultSaid("32, or what block_size leaves")
          .shown();
  private static final Option<Boolean> EOS =
      Option.flag("--eos", "Let answers end where the model ends them, before --max-tokens.");
  private static final Option<Long> SEED =
      RequestFlags.SEED.helping("Of random arrivals and of answers. Default: 0.");
  private static final Option<Path> TIMELINE =
      Option.of(
              "--timeline",
              Value.file("FILE"),
              "Write a timeline in Chrome's trace format, which ui.perfetto.dev opens: host, device"
                  + " and clients, from the first round with stages timed and the first with"
                  + " operations.")
          .shown();
  private static final Option<Integer> TIMELINE_EVENTS =
      Option.of("--timeline-events", Value.whole("N", 1), "Most events of it from either round.")
          .byDefault(20000);
  private static final Option<Path> JFR =
      Option.of(
          "--jfr",
          Value.file("FILE"),
          "Write a flight recording of the JDK, with ticks, admissions, requests set back, prompts,"
              + " exits and squashes.");
  private static final Option<Long> READ_MEMORY =
      Option.of(
              "--read-memory",
              MemorySize.VALUE,
              "Memory over which the read bandwidth is measured.")
          .byDefaultSaid("as in bench");
  private static final Option<String> CARD =
      Option.of(
          "--card",
          Value.oneOf(Card.ids()),
          "Say beside each time what a timing model expects of this GPU.");
  private static final Option<Boolean> QUICK =
      Option.flag("--quick", "Fewer requests, one round: a first impression.").shown();

  private final Console console;

  ProfileCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "profile", "Shows where a token's time goes: waiting, stages, operations, timeline.")
        .details(
            "Puts the same load to one engine again and again: without a clock on the device, which"
                + " tells what users wait; with its stages timed, and with every operation timed,"
                + " which tell where the time goes and how near it comes to the device's measured"
                + " ceilings. What the clocks cost is told too. In a closed loop (--clients)"
                + " everybody asks again when answered; in an open one (--rate) requests come when"
                + " they come, and waiting counts from there, so that no stall goes unseen.")
        .operands(PROMPT)
        .groups(
            Group.of(
                "Load",
                PROMPTS,
                PROMPT_LENGTH,
                MAX_TOKENS,
                CLIENTS,
                RATE,
                QUICK,
                ARRIVALS,
                REQUESTS,
                ROUNDS,
                EOS,
                RequestFlags.TEMPERATURE,
                SEED,
                READ_MEMORY,
                CARD),
            RequestFlags.THINKING,
            ModelOptions.group(),
            ReportOptions.GROUP.and(TIMELINE, TIMELINE_EVENTS, JFR))
        .examples(
            "muninn profile --report profile.html",
            "muninn profile --clients 8 --steps 32 --report p.html --timeline p.trace.json",
            "muninn profile --rate 20 \"348+27+915=\" --eos --json",
            "muninn profile --model random:huginn-0125 --prompt-tokens 512 --jfr huginn.jfr");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    ReportOptions report = new ReportOptions(given);
    new OutputFiles(model)
        .writes(given, TIMELINE, "a profile's timeline", Profiled.TIMELINE)
        .writes(given, JFR, "a flight recording", FileMarks.anywhere("FLR\0", "muninn"))
        .writes(report)
        .check();
    ProfileOptions options = options(given, config(model));
    Profile profile =
        new Profile(
            model.name(),
            model.engine(console),
            options,
            now -> console.err().println("profile: " + now));
    Supplier<Profiled> run =
        () ->
            profile.run(
                engine -> report.header(engine, options.sampling().seed(), options.settings()));
    Profiled found = given.has(JFR) ? recorded(run, given.get(JFR)) : run.get();
    if (!report.json()) {
      ProfileTable.print(console.out(), found.report());
    }
    report.write(console, found.report());
    if (given.has(TIMELINE)) {
      Path timeline = given.get(TIMELINE);
      found.writeTimeline(timeline);
      console.err().println("timeline: " + timeline + " (open it in ui.perfetto.dev)");
    }
    return 0;
  }

  private Profiled recorded(Supplier<Profiled> run, Path jfr) {
    try (Recording recording = new Recording()) {
      for (String event : FLIGHT_EVENTS) {
        recording.enable("muninn." + event).withoutThreshold();
      }
      recording.enable("jdk.GarbageCollection").withoutThreshold();
      recording.start();
      Profiled found = run.get();
      recording.stop();
      recording.dump(jfr);
      console.err().println("flight recording: " + jfr);
      return found;
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", jfr, e.getMessage());
    }
  }

  /** The shape alone: what is wrong with an option is said before anything is loaded. */
  private static Config config(ModelOptions model) {
    try (Model opened = Model.open(model.name())) {
      return opened.config();
    }
  }

  private static ProfileOptions options(Arguments given, Config config) {
    given.atMostOne(RATE, CLIENTS);
    given.needs(ARRIVALS, RATE);
    List<String> prompts =
        Stream.concat(Stream.ofNullable(given.get(PROMPT)), given.get(PROMPTS).stream()).toList();
    int most = config.blockSize();
    given.require(
        prompts.isEmpty() || !given.has(PROMPT_LENGTH),
        PROMPT_LENGTH,
        "left out where prompts are given");
    int prompt =
        given.has(PROMPT_LENGTH) ? given.get(PROMPT_LENGTH) : Math.min(PROMPT_TOKENS, most / 2);
    given.require(
        prompt < most,
        PROMPT_LENGTH,
        String.format(Locale.ROOT, "from 1 to %d, less than the model's block_size", most - 1));
    int room = most - (prompts.isEmpty() ? prompt : 0);
    int tokens = given.has(MAX_TOKENS) ? given.get(MAX_TOKENS) : Math.min(NEW_TOKENS, room);
    given.require(
        tokens <= room,
        MAX_TOKENS,
        String.format(Locale.ROOT, "from 1 to %d, what block_size leaves", room));
    boolean quick = given.get(QUICK);
    double rate = given.has(RATE) ? given.get(RATE) : 0;
    int asking = given.has(RATE) ? 0 : given.has(CLIENTS) ? given.get(CLIENTS) : 1;
    return new ProfileOptions(
        prompts,
        prompt,
        given.has(RequestFlags.STEPS) ? given.get(RequestFlags.STEPS) : config.meanRecurrence(),
        tokens,
        given.get(EOS),
        Sampling.GREEDY
            .withTemperature(given.get(RequestFlags.TEMPERATURE))
            .withSeed(given.get(SEED)),
        new RequestFlags(given).over(Options.DEFAULT).thinking(),
        asking,
        rate,
        "constant".equals(given.get(ARRIVALS)),
        given.has(REQUESTS) ? given.get(REQUESTS) : requests(asking, rate, quick),
        quick ? 1 : given.get(ROUNDS),
        given.get(TIMELINE_EVENTS),
        given.has(READ_MEMORY) ? given.get(READ_MEMORY) : 0,
        quick ? Effort.QUICK : Effort.FULL,
        Optional.ofNullable(given.get(CARD)).flatMap(Card::named));
  }

  private static int requests(int asking, double rate, boolean quick) {
    int each = quick ? 1 : 4;
    double wanted = asking > 0 ? (double) each * asking : each * rate;
    return (int) Math.clamp(Math.ceil(wanted), quick ? 2 : LEAST_REQUESTS, 1 << 20);
  }
}
