package muninn.lab;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
import muninn.kernels.Cost;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Program.Role;
import muninn.kernels.Samples;
import muninn.kernels.Span;
import muninn.lab.BenchOptions.Section;
import muninn.lab.BenchResult.Ceiling;
import muninn.lab.BenchResult.Generated;
import muninn.lab.BenchResult.Row;
import muninn.lab.BenchResult.Variation;
import muninn.lab.Operations.Alternative;
import muninn.lab.expect.TimingModel;
import muninn.model.Config;
import muninn.model.Forward;
import muninn.model.Model;
import muninn.model.Parameters;

/**
 * How fast a device runs a model, beside how fast it could: first the device's own ceilings, then
 * operations, ticks, prompts and answers, each with the floor of its time, {@code max(bytes /
 * measured bandwidth, FLOP / measured FLOP/s)} by the formulas of {@link muninn.kernels.Costs}.
 */
public final class Bench {
  private static final String CORE = "core";

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
    private final Deque<Samples> drawn = new ArrayDeque<>();
    private Limits limits;
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
      if (has(Section.TICKS)) {
        ticks(contexts);
      }
      if (has(Section.PREFILL)) {
        prefill(contexts);
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
          Timing timing = stopwatch.time(operation.calls(), operation.cycle());
          found("operations", operations, row(operation, n, timing));
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
          Operations.Operation operation = one.operation();
          Timing timing = stopwatch.time(operation.calls(), operation.cycle());
          Row row = row(operation, n, timing);
          double twin = twins.get(operation.name());
          found("variants", variants, new Variation(row, one.variant(), twin));
        }
      }
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

    private void ticks(Contexts contexts) {
      for (int n : options.lanes()) {
        progress.accept("ticks, " + lanes(n));
        Lanes lanes = contexts.ends(n);
        Span span = Span.alone(n, options.context());
        Runnable coda = () -> speak(lanes);
        boolean shared = contexts.shared(n);
        Runnable prelude = () -> open(lanes);
        Runnable core = () -> forward.core(lanes);
        Way way = new Way(forward, span);
        found("ticks", ticks, stage("prelude", n, way.opening(), opening(way), shared, prelude));
        found("ticks", ticks, stage(CORE, n, way.step(), expected(way, Role.CORE), shared, core));
        found(
            "ticks", ticks, stage("coda and head", n, way.speaking(), speaking(way), shared, coda));
      }
    }

    /** Has the code of all operations compiled, which takes longer than one alone is warmed up. */
    private void warmUp(Forward warmed, Contexts contexts, List<Integer> counts) {
      progress.accept("warming up");
      long start = System.nanoTime();
      do {
        for (int n : counts) {
          Lanes lanes = contexts.ends(n);
          warmed.prelude(lanes);
          warmed.begin(lanes);
          warmed.core(lanes);
          warmed.speak(lanes, lanes);
          warmed.draw(lanes).await();
        }
      } while (System.nanoTime() - start < options.effort().engineWarmUp().toNanos());
    }

    private void open(Lanes lanes) {
      forward.prelude(lanes);
      forward.begin(lanes);
    }

    /** Waits for the results of the tick before, as the engine does. */
    private void speak(Lanes lanes) {
      forward.speak(lanes, lanes);
      drawn.add(forward.draw(lanes));
      while (drawn.size() > device.ticksAhead()) {
        drawn.remove().await();
      }
    }

    private void prefill(Contexts contexts) {
      for (int n : options.prefill()) {
        progress.accept(String.format(Locale.ROOT, "prefill, %d positions", n));
        Lanes lanes = contexts.prompt(n);
        Way way = new Way(forward, Span.prompt(n));
        Runnable prelude = () -> open(lanes);
        Runnable core = () -> forward.core(lanes);
        found("prefill", prefill, stage("prelude", n, way.opening(), opening(way), false, prelude));
        found(
            "prefill", prefill, stage(CORE, n, way.step(), expected(way, Role.CORE), false, core));
      }
    }

    /**
     * @param shared whether lanes read keys of others, which a cache may hold
     */
    private Row stage(
        String name, int n, Cost cost, Double expected, boolean shared, Runnable run) {
      return row(name, n, stopwatch.time(1, run), cost, expected, shared ? 0 : cost.bytes());
    }

    private Row row(Operations.Operation operation, int n, Timing timing) {
      return row(
          operation.name(),
          n,
          timing,
          operation.cost(),
          expected(operation, n),
          operation.touched());
    }

    private Double expected(Operations.Operation operation, int n) {
      Span span = Span.alone(n, options.context());
      return options.card() == null
          ? null
          : (Double) (1e9 * new TimingModel(options.card()).of(operation.op(), span).seconds());
    }

    private Double opening(Way way) {
      return expected(way, Role.PRELUDE, Role.START);
    }

    private Double speaking(Way way) {
      return expected(way, Role.CODA, Role.HEAD, Role.DRAW);
    }

    private Double expected(Way way, Role... parts) {
      return options.card() == null ? null : (Double) way.expectedNanos(options.card(), parts);
    }

    private Row row(String name, int n, Timing timing, Cost cost, Double expected, long touched) {
      return new Row(
          name,
          n,
          timing,
          cost,
          limits.floorNanos(cost),
          expected,
          limits.boundByMemory(cost),
          touched <= device.cacheBytes());
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
    try (Engine running = Engine.open(Model.open(model), room)) {
      for (int steps : options.steps()) {
        for (int requests : options.batch()) {
          progress.accept(
              String.format(Locale.ROOT, "generation, %d steps, batch %d", steps, requests));
          found("generation", generation, generate(running, steps, requests, found));
        }
      }
    }
  }

  private Generated generate(Engine running, int steps, int batch, OnDevice found) {
    AnswerRounds rounds = new AnswerRounds(running, options, steps, batch).run();
    Way way =
        new Way(found.forward, Span.alone(batch, BenchOptions.PROMPT + options.newTokens() / 2));
    return new Generated(
        steps,
        batch,
        rounds.perToken(),
        rounds.firstToken(),
        way.floorNanos(steps, found.limits),
        way.step().bytes() <= found.setting.cacheBytes(),
        rounds.ticks(),
        byTicks(found.ticks, steps, batch));
  }

  /** What a token would take by the stages measured on that many lanes; null where none were. */
  private static Double byTicks(List<Row> stages, int steps, int lanes) {
    List<Row> measured = stages.stream().filter(stage -> stage.lanes() == lanes).toList();
    return measured.isEmpty()
        ? null
        : measured.stream()
            .mapToDouble(stage -> (stage.name().equals(CORE) ? steps : 1) * stage.timing().nanos())
            .sum();
  }
}
