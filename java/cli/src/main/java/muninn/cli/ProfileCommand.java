package muninn.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import jdk.jfr.Recording;
import muninn.UserException;
import muninn.engine.Exit;
import muninn.engine.KnownExit;
import muninn.engine.Sampling;
import muninn.lab.Effort;
import muninn.lab.Profile;
import muninn.lab.ProfileOptions;
import muninn.lab.Profiled;
import muninn.model.Config;
import muninn.model.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muninn profile}: where a token's time goes. */
@Command(
    name = "profile",
    mixinStandardHelpOptions = true,
    header = "Shows where a token's time goes: waiting, stages, operations, timeline.",
    description = {
      "",
      "Puts the same load to one engine again and again: without a clock on the device, which tells"
          + " what users wait; with its stages timed, and with every operation timed, which tell"
          + " where the time goes and how near it comes to the device's measured ceilings. What the"
          + " clocks cost is told too. In a closed loop (--clients) everybody asks again when"
          + " answered; in an open one (--rate) requests come when they come, and waiting counts"
          + " from there, so that no stall goes unseen.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  muninn profile --report profile.html",
      "  muninn profile --clients 8 --steps 32 --report p.html --timeline p.trace.json",
      "  muninn profile --rate 20 --prompt \"348+27+915=\" --eos --json",
      "  muninn profile --model random:huginn-0125 --prompt-tokens 512 --jfr huginn.jfr"
    })
final class ProfileCommand implements Callable<Integer> {
  private static final int PROMPT_TOKENS = 32;
  private static final int NEW_TOKENS = 32;
  private static final int LEAST_REQUESTS = 8;

  private final Console console;

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private ThinkingOptions thinking;
  @Mixin private ReportOptions report;

  @Option(
      names = "--clients",
      paramLabel = "N",
      description = "A closed loop: so many clients. Default: 1.")
  private Integer clients;

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "An open loop instead: R requests a second on average, whatever happens.")
  private Double rate;

  @Option(
      names = "--arrivals",
      paramLabel = "poisson|constant",
      description =
          "Of an open loop: at random, as independent users come, or at equal distances. Default:"
              + " poisson.")
  private String arrivals;

  @Option(
      names = "--requests",
      paramLabel = "N",
      description = "Requests of a round. Default: 8, or 4 a client, or 4 seconds' of --rate.")
  private Integer requests;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "Rounds of each kind: without a clock, stages timed, operations timed. Default: 5.")
  private int rounds;

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TEXT",
      description = "A prompt; may be repeated, then they take turns. Default: made-up tokens.")
  private List<String> prompts = List.of();

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "Length of made-up prompts. Default: 32, or half of block_size if less.")
  private Integer promptTokens;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      description = "Most recurrence steps for a token. Default: the model's mean_recurrence.")
  private Integer steps;

  @Option(
      names = {"-n", "--max-tokens"},
      paramLabel = "N",
      description = "New tokens of each answer. Default: 32, or what block_size leaves.")
  private Integer maxTokens;

  @Option(
      names = "--eos",
      description = "Let answers end where the model ends them, before --max-tokens.")
  private boolean endOfText;

  @Option(
      names = {"-t", "--temperature"},
      paramLabel = "T",
      defaultValue = "0",
      description = "0 takes the most probable token, 1 draws as the model says. Default: 0.")
  private float temperature;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of random arrivals and of answers. Default: 0.")
  private long seed;

  @Option(
      names = "--timeline",
      paramLabel = "FILE",
      description =
          "Write a timeline in Chrome's trace format, which ui.perfetto.dev opens: host, device and"
              + " clients, from the first round with stages timed and the first with operations.")
  private Path timeline;

  @Option(
      names = "--timeline-events",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Most events of it from either round. Default: 20000.")
  private int timelineEvents;

  @Option(
      names = "--jfr",
      paramLabel = "FILE",
      description =
          "Write a flight recording of the JDK, with ticks, admissions, exits and squashes.")
  private Path jfr;

  @Option(
      names = "--read-memory",
      paramLabel = "SIZE",
      converter = MemorySize.class,
      description = "Memory over which the read bandwidth is measured. Default: as in bench.")
  private Long readMemory;

  @Option(names = "--quick", description = "Fewer requests, one round: a first impression.")
  private boolean quick;

  ProfileCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    model.check();
    thinking.check();
    report.check();
    checkFile("--timeline", timeline);
    checkFile("--jfr", jfr);
    ProfileOptions options = options(config());
    Profile profile =
        new Profile(
            model.name(),
            model.engine(console),
            options,
            now -> console.err().println("profile: " + now));
    Profiled found = record(profile, options);
    if (!report.json()) {
      ProfileTable.print(console.out(), found.report());
    }
    report.write(console, found.report());
    if (timeline != null) {
      found.writeTimeline(timeline);
      console.err().println("timeline: " + timeline + " (open it in ui.perfetto.dev)");
    }
    return 0;
  }

  private Profiled record(Profile profile, ProfileOptions options) {
    if (jfr == null) {
      return run(profile, options);
    }
    try (Recording recording = new Recording()) {
      for (String event : List.of("Tick", "Admission", "Exit", "Squash")) {
        recording.enable("muninn." + event).withoutThreshold();
      }
      recording.enable("jdk.GarbageCollection").withoutThreshold();
      recording.start();
      Profiled found = run(profile, options);
      recording.stop();
      recording.dump(jfr);
      console.err().println("flight recording: " + jfr);
      return found;
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", jfr, e.getMessage());
    }
  }

  private Profiled run(Profile profile, ProfileOptions options) {
    return profile.run(engine -> report.header(engine, seed, settings(options)));
  }

  /** The shape alone: what is wrong with an option is said before anything is loaded. */
  private Config config() {
    try (Model opened = Model.open(model.name())) {
      return opened.config();
    }
  }

  private ProfileOptions options(Config config) {
    require(clients == null || clients >= 1, "--clients", clients, "at least 1");
    require(rate == null || (rate > 0 && rate <= 1e6), "--rate", rate, "above 0, to 1000000");
    require(rate == null || clients == null, "--rate", rate, "alone, without --clients");
    require(
        arrivals == null || arrivals.equals("poisson") || arrivals.equals("constant"),
        "--arrivals",
        arrivals,
        "poisson or constant");
    require(arrivals == null || rate != null, "--arrivals", arrivals, "with --rate");
    require(requests == null || requests >= 1, "--requests", requests, "at least 1");
    require(rounds >= 1 && rounds <= 1000, "--rounds", rounds, "from 1 to 1000");
    require(steps == null || steps >= 1, "--steps", steps, "at least 1");
    require(timelineEvents >= 1, "--timeline-events", timelineEvents, "at least 1");
    require(
        Float.isFinite(temperature) && temperature >= 0,
        "--temperature",
        temperature,
        "at least 0 (0 is greedy)");
    int most = config.blockSize();
    require(
        promptTokens == null || prompts.isEmpty(),
        "--prompt-tokens",
        promptTokens,
        "left out where --prompt says them");
    int prompt = promptTokens == null ? Math.min(PROMPT_TOKENS, most / 2) : promptTokens;
    require(
        prompt >= 1 && prompt < most,
        "--prompt-tokens",
        prompt,
        String.format(Locale.ROOT, "from 1 to %d, less than the model's block_size", most - 1));
    int room = most - (prompts.isEmpty() ? prompt : 0);
    int tokens = maxTokens == null ? Math.min(NEW_TOKENS, room) : maxTokens;
    require(
        tokens >= 1 && tokens <= room,
        "--max-tokens",
        tokens,
        String.format(Locale.ROOT, "from 1 to %d, what block_size leaves", room));
    int asking = rate != null ? 0 : clients == null ? 1 : clients;
    return new ProfileOptions(
        prompts,
        prompt,
        steps == null ? config.meanRecurrence() : steps,
        tokens,
        endOfText,
        new Sampling(temperature, 0, 1, 0, 1, seed),
        thinking.thinking(),
        asking,
        rate == null ? 0 : rate,
        "constant".equals(arrivals),
        requests == null ? defaultRequests(asking) : requests,
        quick ? 1 : rounds,
        timelineEvents,
        readMemory == null ? 0 : readMemory,
        quick ? Effort.QUICK : Effort.FULL);
  }

  private int defaultRequests(int asking) {
    int each = quick ? 1 : 4;
    double wanted = asking > 0 ? (double) each * asking : each * rate;
    return (int) Math.clamp(Math.ceil(wanted), quick ? 2 : LEAST_REQUESTS, 1 << 20);
  }

  private void require(boolean holds, String option, Object value, String wanted) {
    Range.require(spec, holds, option, value, wanted);
  }

  private static Map<String, String> settings(ProfileOptions options) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("load", options.load());
    settings.put("requests", Integer.toString(options.requests()));
    settings.put("rounds", Integer.toString(options.rounds()));
    settings.put(
        "prompt",
        options.prompts().isEmpty()
            ? options.promptTokens() + " made-up tokens"
            : String.join(" | ", options.prompts()));
    settings.put("steps", Integer.toString(options.steps()));
    settings.put("max-tokens", Integer.toString(options.maxTokens()));
    settings.put("eos", Boolean.toString(options.endOfText()));
    settings.put("temperature", Float.toString(options.sampling().temperature()));
    settings.put("kv", options.thinking().kv().toString());
    settings.put("continuous", Boolean.toString(options.thinking().continuous()));
    settings.put("speculate", options.thinking().speculation().toString());
    settings.put("exit", said(options.thinking().exit()));
    return settings;
  }

  private static String said(Exit exit) {
    return exit.rule() instanceof KnownExit(KnownExit.Kind kind, float threshold)
        ? String.format(
            Locale.ROOT,
            "%s %s, from step %d, every %d%s",
            kind.id(),
            threshold,
            exit.minSteps(),
            exit.every(),
            exit.prompt() ? ", prompt too" : "")
        : "none";
  }

  /** Found out before minutes of measuring, not after. */
  private static void checkFile(String option, Path named) {
    if (named == null) {
      return;
    }
    Path file = named.toAbsolutePath();
    if (Files.isDirectory(file) || !Files.isDirectory(file.getParent())) {
      throw UserException.of(
          "%s %s: %s; name a file in a folder that exists",
          option, named, Files.isDirectory(file) ? "is a folder" : "its folder does not exist");
    }
  }
}
