package muninn.lab.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.Program;
import muninn.kernels.Span;
import muninn.lab.Limits;
import muninn.lab.expect.Expected;
import muninn.lab.expect.TimingModel;
import muninn.lab.profile.TimedDevice.Operation;
import muninn.lab.profile.TimedDevice.Timed;

/**
 * Where the time of rounds went, as the device's clock has it: stages with what they cost at least,
 * the operations in them where these were timed, and the host's share, which is all the time in
 * which there was work and the device had none. What no request kept busy is idle.
 */
final class Breakdown {

  /** A part of a token's way. */
  enum Part {
    /** Prelude, core and coda of passes most of whose lanes are positions of prompts. */
    PREFILL,
    PRELUDE,
    CORE,
    CODA,
    HEAD,
    SAMPLING,
    /** What exit rules look at. */
    EXITS;

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The part that a program belongs to. */
    static Part of(Program.Role role, boolean prompt) {
      return switch (role) {
        case PRELUDE, START -> prompt ? PREFILL : PRELUDE;
        case CORE -> prompt ? PREFILL : CORE;
        case CODA -> prompt ? PREFILL : CODA;
        case HEAD -> HEAD;
        case DRAW -> SAMPLING;
        case EXIT -> EXITS;
      };
    }
  }

  /** Something that took time, many times. */
  static final class Tally {
    private long calls;
    private long lanes;
    private double nanos;
    private Cost cost = Cost.NONE;
    private double floorNanos;
    private double expectedNanos;

    private void add(long lanes, double nanos, Cost cost, double expected, Limits limits) {
      calls++;
      this.lanes += lanes;
      this.nanos += nanos;
      this.cost = this.cost.plus(cost);
      floorNanos += limits.floorNanos(cost);
      expectedNanos += expected;
    }

    long calls() {
      return calls;
    }

    /** Of all calls together. */
    long lanes() {
      return lanes;
    }

    double nanos() {
      return nanos;
    }

    /** Bytes and FLOP of all calls together. */
    Cost cost() {
      return cost;
    }

    /** How much of what the device can do was done: 1 is its ceiling. */
    double ofFloor() {
      return nanos == 0 ? 0 : floorNanos / nanos;
    }

    double floorNanos() {
      return floorNanos;
    }

    /** By the timing model of a card; 0 where none was named. */
    double expectedNanos() {
      return expectedNanos;
    }
  }

  /** An operation of a part. */
  record Named(Part part, String operation) {}

  private final Limits limits;
  private final Optional<TimingModel> timing;
  private final Map<Part, Tally> parts = new EnumMap<>(Part.class);
  private final Map<Named, Tally> operations = new LinkedHashMap<>();
  private double hostNanos;
  private double idleNanos;
  private double wallNanos;
  private long tokens;

  Breakdown(Limits limits) {
    this(limits, Optional.empty());
  }

  /**
   * @param timing says what is expected of a card
   */
  Breakdown(Limits limits, Optional<TimingModel> timing) {
    this.limits = limits;
    this.timing = timing;
  }

  /** A program has run, whose lanes looked back so far. */
  void add(Part part, Span span, Timed run) {
    parts
        .computeIfAbsent(part, _ -> new Tally())
        .add(
            run.lanes(),
            run.end() - run.begin(),
            Costs.of(run.program(), span),
            nanos(model -> model.of(run.program(), span)),
            limits);
    for (Operation operation : run.operations()) {
      operations
          .computeIfAbsent(new Named(part, operation.op().name()), _ -> new Tally())
          .add(
              run.lanes(),
              operation.end() - operation.begin(),
              Costs.of(operation.op(), span),
              nanos(model -> model.of(operation.op(), span)),
              limits);
    }
  }

  private double nanos(Function<TimingModel, Expected> expected) {
    return timing.map(model -> 1e9 * expected.apply(model).seconds()).orElse(0.0);
  }

  void addHost(double nanos) {
    hostNanos += nanos;
  }

  void addTick() {}

  /**
   * A round has ended.
   *
   * @param wallNanos from before its first request to after its last answer
   * @param idleNanos of that without any work
   */
  void addRound(double wallNanos, double idleNanos, long tokens) {
    this.wallNanos += wallNanos;
    this.idleNanos += idleNanos;
    this.tokens += tokens;
  }

  /** Parts that took any time, in the order of a token's way. */
  Map<Part, Tally> parts() {
    return parts;
  }

  /** Operations, the one that took most first. */
  List<Map.Entry<Named, Tally>> operations() {
    List<Map.Entry<Named, Tally>> sorted = new ArrayList<>(operations.entrySet());
    sorted.sort(Comparator.comparingDouble(entry -> -entry.getValue().nanos()));
    return sorted;
  }

  double hostNanos() {
    return hostNanos;
  }

  double idleNanos() {
    return idleNanos;
  }

  /** By the clients' clock. */
  double wallNanos() {
    return wallNanos;
  }

  /** What is left of the wall's time: what the clocks of host and device do not agree on. */
  double unaccountedNanos() {
    double stages = parts.values().stream().mapToDouble(Tally::nanos).sum();
    return wallNanos - stages - hostNanos - idleNanos;
  }

  long tokens() {
    return tokens;
  }
}
