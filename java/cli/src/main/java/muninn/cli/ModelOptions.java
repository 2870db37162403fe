package muninn.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import muninn.engine.Devices;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.model.Model;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which model runs, on what. */
final class ModelOptions {
  /** Where the bundled model lies below the installation, which the launcher names. */
  static final String BUNDLED = "weights/raven-sums";

  private static final EngineOptions DEFAULT = EngineOptions.DEFAULT;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "DIR",
      description =
          "Checkpoint folder in Hugging Face layout, or random:huginn-0125, random:1024x8x3456 …"
              + " for random weights of that shape. Default: the bundled model, which adds"
              + " numbers.")
  private String model;

  @Mixin private DeviceChoice device;

  @Option(
      names = "--max-lanes",
      paramLabel = "N",
      description = "Most token positions thought about at once. Default: 256.")
  private Integer maxLanes;

  @Option(
      names = "--max-sequences",
      paramLabel = "N",
      description = "Most requests in work at once; further ones wait. Default: 64.")
  private Integer maxSequences;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      description =
          "Most recurrence steps a request may ask for. Default: 128, or what --steps asks.")
  private Integer maxSteps;

  @Option(
      names = "--kv-memory",
      paramLabel = "SIZE",
      converter = MemorySize.class,
      description =
          "Memory for keys and values, like 2GiB. Default: a quarter of what is free, on a GPU what"
              + " --gpu-memory-utilization leaves.")
  private Long kvMemory;

  /** Refuses values out of range. */
  void check() {
    device.check();
    positive("--max-lanes", maxLanes);
    positive("--max-sequences", maxSequences);
    positive("--max-steps", maxSteps);
    Range.require(
        spec, kvMemory == null || kvMemory > 0, "--kv-memory", kvMemory, "above 0, like 2GiB");
  }

  /**
   * Opens the engine with room for requests of at least {@code steps}, and says once where it runs
   * when that is not where {@code auto} looked first.
   */
  Engine open(Console console, int steps) {
    return open(console, steps, 1);
  }

  /** The same with room for so many requests at once. */
  Engine open(Console console, int steps, int sequences) {
    Devices.Choice choice = device.choose();
    EngineOptions options = options(choice, steps).withRoom(sequences, sequences, steps);
    Engine engine = Engine.open(Model.open(name()), options);
    say(console, choice);
    return engine;
  }

  /** What an engine may use, for a command that opens it, or its device, later. */
  EngineOptions engine(Console console) {
    Devices.Choice choice = device.choose();
    say(console, choice);
    return options(choice, 1);
  }

  private EngineOptions options(Devices.Choice choice, int steps) {
    return new EngineOptions(
        choice.options(),
        maxLanes == null ? DEFAULT.maxLanes() : maxLanes,
        maxSequences(),
        maxSteps == null ? Math.max(DEFAULT.maxSteps(), steps) : maxSteps,
        kvMemory == null ? DEFAULT.kvBytes() : kvMemory);
  }

  private static void say(Console console, Devices.Choice choice) {
    choice.whyCpu().ifPresent(why -> console.err().println("muninn: on the CPU: " + why));
  }

  int maxSequences() {
    return maxSequences == null ? DEFAULT.maxSequences() : maxSequences;
  }

  /** What {@link Model#open} takes: the model named, or the bundled one. */
  String name() {
    return model == null ? bundled().toString() : model;
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

  private void positive(String option, Integer value) {
    Range.require(spec, value == null || value >= 1, option, value, "at least 1");
  }
}
