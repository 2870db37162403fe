package muninn.lab.bench;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.kernels.Device;
import muninn.kernels.Span;
import muninn.lab.Ceiling;
import muninn.lab.Contexts;
import muninn.lab.Limits;
import muninn.lab.Machine;
import muninn.lab.Stopwatch;
import muninn.lab.Timing;
import muninn.lab.bench.BenchOptions.Section;
import muninn.lab.bench.BenchResult.Generated;
import muninn.lab.bench.BenchResult.Row;
import muninn.lab.bench.BenchResult.Variation;
import muninn.lab.bench.Operations.Alternative;
import muninn.model.Config;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * How fast a device runs a model, beside how fast it could: first the device's own ceilings, then
 * operations, ticks, prompts and answers, each with the floor of its time, {@code max(bytes /
 * measured bandwidth, FLOP / measured FLOP/s)} by the formulas of {@link muninn.kernels.Costs}.
 */
public final class Bench {
  private final String model;
  private final EngineOptions engine;
  private final BenchOptions options;
  private final Consumer<String> progress;
  private final Heard heard;

  /** Hears of each result as soon as it is there. */
  public interface Heard {
    /** Hears nothing. */
    Heard NOTHING = (_, _) -> {};

    /**
     * A result.
     *
     * @param section such as {@code ceilings} or {@code ticks}
     * @param result a record of {@link BenchResult}
     */
    void hear(String section, Record result);
  }

  /**
   * @param model as {@link Model#open} takes it
   * @param engine the device, and the memory of answers
   * @param progress hears what is being measured
   * @param heard hears of results
   */
  public Bench(
      String model,
      EngineOptions engine,
      BenchOptions options,
      Consumer<String> progress,
      Heard heard) {
    this.model = model;
    this.engine = engine;
    this.options = options;
    this.progress = progress;
    this.heard = heard;
  }

  /**
   * Measures; takes minutes.
   *
   * @throws muninn.UserException when model or device cannot be had, or memory does not suffice
   */
  public BenchResult run() {
    double load = Machine.load(); // before this adds to it
    OnDevice found;
    try (Model opened = Model.open(model);
        Device device = Devices.open(engine.device())) {
      found = new OnDevice(opened, device, load);
      found.measure();
    }
    List<Generated> generation = new ArrayList<>();
    if (has(Section.GENERATION)) {
      generate(found, generation);
    }
    return new BenchResult(
        found.setting,
        found.ceilings,
        found.limits,
        found.operations,
        found.ticks,
        found.prefill,
        generation,
        found.variants);
  }

  private <R extends Record> void found(String section, List<R> all, R result) {
    all.add(result);
    heard.hear(section, result);
  }

  private boolean has(Section section) {
    return options.sections().contains(section);
  }

  /** What is measured on the device itself. */
  private final class OnDevice {
    private final Config config;
    private final Model opened;
    private final Device device;
    private final double load;
    private final Stopwatch stopwatch;
    private final List<Ceiling> ceilings = new ArrayList<>();
    private final List<Row> operations = new ArrayList<>();
    private final List<Row> ticks = new ArrayList<>();
    private final List<Row> prefill = new ArrayList<>();
    private final List<Variation> variants = new ArrayList<>();
    private Limits limits;
    private Yardstick yardstick;
    private Forward forward;
    private BenchResult.Setting setting;

    OnDevice(Model opened, Device device, double load) {
      this.opened = opened;
      this.device = device;
      this.load = load;
      config = opened.config();
      stopwatch = new Stopwatch(options.effort(), System::nanoTime, device::synchronize);
    }

    void measure() {
      ceilings();
      progress.accept("loading " + model);
      Parameters parameters = Parameters.load(opened, device, engine.weights());
      describe(parameters);
      boolean onLanes = has(Section.OPERATIONS) || has(Section.TICKS) || has(Section.VARIANTS);
      int lanes = onLanes ? most(options.lanes()) : 1;
      int prompt = has(Section.PREFILL) ? most(options.prefill()) : 0;
      Contexts contexts = new Contexts(device, config, lanes, options.context(), prompt);
      forward = contexts.forward(opened.architecture(), parameters, Math.max(lanes, prompt));
      if (has(Section.OPERATIONS)) {
        warmUp(forward, contexts, options.lanes());
        operations(new Operations(device, forward, contexts, options.context()));
      }
      TickBench whole = new TickBench(device, forward, contexts, stopwatch, yardstick);
      if (has(Section.TICKS)) {
        for (int n : options.lanes()) {
          progress.accept("ticks, " + lanes(n));
          whole.tick(n, options.context(), row -> found("ticks", ticks, row));
        }
      }
      if (has(Section.PREFILL)) {
        for (int n : options.prefill()) {
          progress.accept(String.format(Locale.ROOT, "prefill, %d positions", n));
          whole.prompt(n, row -> found("prefill", prefill, row));
        }
      }
      if (has(Section.VARIANTS)) {
        variants(new Operations(device, forward, contexts, options.context()));
      }
    }

    private void ceilings() {
      progress.accept("ceilings of " + device.name());
      ceilings.addAll(Ceiling.measure(device, options.readBytes(), stopwatch));
      ceilings.forEach(ceiling -> heard.hear("ceilings", ceiling));
      limits = Limits.of(ceilings);
      yardstick = new Yardstick(limits, options.card(), device.cacheBytes());
    }

    private void describe(Parameters parameters) {
      setting =
          new BenchResult.Setting(
              Instant.now().truncatedTo(ChronoUnit.SECONDS),
              Machine.cpu(),
              Machine.cores(),
              load,
              device.name(),
              device.platform(),
              device.cacheBytes(),
              model,
              config,
              parameters.matrixBytes(),
              device.computesIn().label(),
              options);
      heard.hear("header", setting);
    }

    private void operations(Operations all) {
      for (int n : options.lanes()) {
        progress.accept("operations, " + lanes(n));
        for (Operations.Operation operation : all.on(n)) {
          found("operations", operations, row(operation, n));
        }
      }
    }

    private void variants(Operations all) {
      for (int n : options.lanes()) {
        progress.accept("variants, " + lanes(n));
        List<Alternative> found = all.variants(n);
        if (found.isEmpty()) {
          throw UserException.of(
              "%s has one way for each operation, and no variants to compare: choose device cuda"
                  + " or emulated",
              device.name());
        }
        Map<String, Double> twins = onCpu(n);
        for (Alternative one : found) {
          double twin = twins.get(one.operation().name());
          Row row = row(one.operation(), n);
          found("variants", variants, new Variation(row, one.variant(), twin));
        }
      }
    }

    private Row row(Operations.Operation operation, int n) {
      Timing timing = stopwatch.time(operation.calls(), operation.cycle());
      return yardstick.row(operation, Span.alone(n, options.context()), timing);
    }

    /** What the CPU takes for each operation: every kernel's twin, in its results too. */
    private Map<String, Double> onCpu(int n) {
      progress.accept("twins on the CPU, " + lanes(n));
      Map<String, Double> nanos = new HashMap<>();
      try (Device cpu = Devices.open(DeviceOptions.cpu(engine.device().threads()))) {
        Parameters parameters = Parameters.load(opened, cpu, engine.weights());
        Contexts contexts = new Contexts(cpu, config, n, options.context(), 0);
        Forward twin = contexts.forward(opened.architecture(), parameters, n);
        warmUp(twin, contexts, List.of(n));
        Stopwatch watch = new Stopwatch(options.effort(), System::nanoTime, cpu::synchronize);
        for (var operation : new Operations(cpu, twin, contexts, options.context()).on(n)) {
          nanos.put(operation.name(), watch.time(operation.calls(), operation.cycle()).nanos());
        }
      }
      return nanos;
    }

    private void warmUp(Forward warmed, Contexts contexts, List<Integer> counts) {
      progress.accept("warming up");
      TickBench.warmUp(warmed, contexts, counts, options.effort());
    }
  }

  private static String lanes(int n) {
    return n == 1 ? "1 lane" : n + " lanes";
  }

  private static int most(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  // Whole answers

  private void generate(OnDevice found, List<Generated> generation) {
    progress.accept("loading " + model + " into the engine");
    int batch = most(options.batch());
    EngineOptions room = engine.withRoom(batch * BenchOptions.PROMPT, batch, most(options.steps()));
    AnswerBench answers =
        new AnswerBench(
            options, found.forward, found.limits, found.setting.cacheBytes(), found.ticks);
    try (Engine running = Engine.open(Model.open(model), room)) {
      for (int steps : options.steps()) {
        for (int requests : options.batch()) {
          progress.accept(
              String.format(Locale.ROOT, "generation, %d steps, batch %d", steps, requests));
          found("generation", generation, answers.measure(running, steps, requests));
        }
      }
    }
  }
}
