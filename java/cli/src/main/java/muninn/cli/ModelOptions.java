package muninn.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.Value;
import muninn.engine.Devices;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.LostDevice;
import muninn.engine.Monitor;
import muninn.engine.Offline;
import muninn.engine.request.Options;
import muninn.files.FileUse;
import muninn.hub.HubCache;
import muninn.hub.HubSettings;
import muninn.hub.ModelId;
import muninn.model.Model;
import muninn.model.RandomModel;

/** Which model runs, on what. */
final class ModelOptions {
  /** Where the bundled model lies below the installation, which the launcher names. */
  static final String BUNDLED = "weights/raven-sums";

  /** A folder with a checkpoint, or a shape of random weights. */
  static final Value<String> NAME =
      Value.text("DIR").offering(new ShellCompletion.Folders(List.of("random:huginn-0125")));

  private static final EngineOptions DEFAULT = EngineOptions.DEFAULT;

  private static final Option<String> MODEL =
      Option.of(
              "--model",
              NAME,
              "Checkpoint folder in Hugging Face layout, OWNER/NAME of a model that 'muninn pull'"
                  + " has downloaded, or random:huginn-0125, random:1024x8x3456 … for random"
                  + " weights of that shape.")
          .byDefaultSaid("the bundled model, which adds numbers")
          .letter('m')
          .shown();
  private static final Option<Integer> MAX_LANES =
      Option.of("--max-lanes", Value.whole("N", 1), "Most token positions thought about at once.")
          .byDefaultSaid("256, or two for each request where memory has room for more");
  private static final Option<Integer> MAX_SEQUENCES =
      Option.of(
              "--max-sequences",
              Value.whole("N", 1),
              "Most requests in work at once; further ones wait.")
          .byDefaultSaid(
              "as many as have memory for 256 positions each at the model's depth, up to 256; batch"
                  + " on a GPU: at its own --steps and --kv, up to 1024");
  private static final Option<Integer> MAX_STEPS =
      Option.of("--max-steps", Value.whole("N", 1), "Most recurrence steps a request may ask for.")
          .byDefaultSaid("four times what the model was trained for, or what --steps asks");
  private static final Option<Long> KV_MEMORY =
      Option.of("--kv-memory", MemorySize.VALUE, "Memory for keys and values, like 2GiB.")
          .byDefaultSaid(
              "a quarter of what is free, on a GPU what --gpu-memory-utilization leaves");
  private static final Option<Boolean> NO_PREFIX_REUSE =
      Option.flag(
          "--no-prefix-reuse",
          "Think about every prompt in full, also where an earlier one began with the same tokens."
              + " Answers are the same. Commands that measure speed always do.");

  private final Arguments given;
  private final DeviceChoice device;

  ModelOptions(Arguments given) {
    this.given = given;
    this.device = new DeviceChoice(given);
  }

  /** The options, those of the device among them. */
  static Group group() {
    Group model = Group.of("Model and device", MODEL);
    return model
        .and(DeviceChoice.GROUP.options().toArray(Option<?>[]::new))
        .and(WeightOptions.WEIGHTS, WeightOptions.KEEP)
        .and(MAX_LANES, MAX_SEQUENCES, MAX_STEPS, KV_MEMORY, NO_PREFIX_REUSE);
  }

  /** The files of the model, none of which may be written. */
  void claim(FileUse use) {
    if (!name().startsWith(RandomModel.PREFIX)) {
      use.readsFolder("a file of the model", Path.of(name()));
    }
  }

  /**
   * An engine with room for requests of at least {@code steps}, which is opened later and says then
   * where it runs, when that is not where {@code auto} looked first.
   */
  LateEngine late(Console console, int steps) {
    return late(console, steps, (_, options) -> options, Monitor.NONE);
  }

  /**
   * The same for a job that nobody waits for, of whose requests most have these options; when it is
   * opened it says how many it answers at once.
   */
  LateEngine lateOffline(Console console, int steps, Function<Model, Options> most) {
    return late(
        console,
        steps,
        (model, options) -> {
          Options asked = most.apply(model);
          return options.withOffline(new Offline(asked.steps(), asked.thinking().kv()));
        },
        Monitor.NONE);
  }

  /** The same with room for so many requests at once, all of whose prompts are thought about. */
  LateEngine measured(Console console, int steps, int sequences) {
    return late(
        console,
        steps,
        (_, options) -> options.withRoom(sequences, sequences, steps).withPrefixReuse(false),
        Monitor.NONE);
  }

  /** The same under a monitor's eyes, to serve whoever comes, of whom so many may wait. */
  LateEngine lateToServe(Console console, int steps, int maxQueued, Monitor monitor) {
    return late(console, steps, (_, options) -> options.withMaxQueued(maxQueued), monitor);
  }

  private LateEngine late(
      Console console,
      int steps,
      BiFunction<Model, EngineOptions, EngineOptions> room,
      Monitor monitor) {
    String name = name();
    Waiting waiting = Waiting.on(console);
    try {
      waiting.at("opening " + name);
      Model model = Model.open(name);
      waiting.at("looking for devices");
      Devices.Choice choice = device.choose();
      waiting.over();
      EngineOptions options =
          room.apply(
              model,
              options(choice, EngineOptions.mostSteps(model, steps))
                  .withPrefixReuse(!given.get(NO_PREFIX_REUSE)));
      LateEngine late =
          new LateEngine(
              model,
              options,
              waiting,
              () -> open(console, model, choice, options, waiting, monitor));
      late.caution(Options.DEFAULT.withSteps(steps));
      return late;
    } catch (RuntimeException e) {
      waiting.close();
      throw e;
    }
  }

  private static Engine open(
      Console console,
      Model model,
      Devices.Choice choice,
      EngineOptions options,
      Waiting waiting,
      Monitor monitor) {
    String kind = choice.options().device();
    waiting.at("opening " + kind + (kind.equals("cpu") ? "" : " and loading its kernels"));
    try {
      int devices = Devices.each(options.device()).size();
      Engine engine = Engine.open(new LoadingModel(model, devices, waiting), options, monitor);
      engine.whenLost(lost -> say(console, lost));
      waiting.over();
      say(console, choice);
      if (options.offline() != null) {
        say(console, engine);
      }
      return engine;
    } catch (RuntimeException e) {
      waiting.over();
      throw e;
    }
  }

  /** What an engine may use, for a command that measures and opens it, or its device, later. */
  EngineOptions engine(Console console) {
    Devices.Choice choice = device.choose();
    say(console, choice);
    return options(choice, DEFAULT.maxSteps()).withPrefixReuse(false);
  }

  private EngineOptions options(Devices.Choice choice, int steps) {
    return new EngineOptions(
            choice.options(),
            given.has(MAX_LANES) ? given.get(MAX_LANES) : DEFAULT.maxLanes(),
            given.has(MAX_SEQUENCES) ? given.get(MAX_SEQUENCES) : DEFAULT.maxSequences(),
            given.has(MAX_STEPS) ? given.get(MAX_STEPS) : steps,
            given.has(KV_MEMORY) ? given.get(KV_MEMORY) : DEFAULT.kvBytes())
        .withWeights(WeightOptions.of(given));
  }

  private static void say(Console console, Devices.Choice choice) {
    choice
        .whyCpu()
        .ifPresent(why -> console.err().println("muninn: on the CPU: " + OptionNames.asTyped(why)));
  }

  private static void say(Console console, Engine engine) {
    console
        .err()
        .println(
            String.format(
                Locale.ROOT,
                "muninn: up to %d requests at once in %d lanes%s, on %s",
                engine.room().sequences(),
                engine.room().lanes(),
                Devices.each(engine.options().device()).size() > 1 ? " on each device" : "",
                engine.device()));
  }

  private static void say(Console console, LostDevice lost) {
    console
        .err()
        .println(
            String.format(
                Locale.ROOT,
                "muninn: %s failed: %s; its %d requests begin again on the other devices, with the"
                    + " same answers",
                lost.device(),
                lost.cause().getMessage(),
                lost.requests()));
  }

  /** No more requests than that are in work at once. */
  int mostSequences() {
    return given.has(MAX_SEQUENCES) ? given.get(MAX_SEQUENCES) : DEFAULT.mostSequences();
  }

  /** Whether one was chosen. */
  boolean isNamed() {
    return given.has(MODEL);
  }

  /** What {@link Model#open} takes: the model named, or the bundled one. */
  String name() {
    return isNamed() ? checked(given.get(MODEL)) : bundled().toString();
  }

  /**
   * What {@link Model#open} takes for a model as it was named: a model of the hub lies in the cache
   * of those that were pulled, unless there is a folder of that name here.
   *
   * @throws UserException when it is neither, saying how it can be had
   */
  static String checked(String name) {
    return ModelId.parse(name)
        .filter(id -> !Files.exists(Path.of(name)))
        .map(id -> new HubCache(HubSettings.ofProcess().cache()).require(id).toString())
        .orElse(name);
  }

  /**
   * The folder of the bundled model.
   *
   * @throws UserException when it is not there
   */
  static Path bundled() {
    String home = System.getProperty("muninn.home");
    if (home == null) {
      throw new UserException(
          "no checkpoint folder is named, and the bundled model is found only when started through"
              + " the muninn launcher: name a folder (--model DIR)");
    }
    Path bundled = Path.of(home, BUNDLED);
    if (!Files.isDirectory(bundled)) {
      throw UserException.of(
          "no checkpoint folder is named, and the bundled model is not at %s: restore that folder,"
              + " or name another one (--model DIR)",
          bundled);
    }
    return bundled;
  }
}
