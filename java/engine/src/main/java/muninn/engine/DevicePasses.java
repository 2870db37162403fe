package muninn.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import muninn.engine.answer.Token;
import muninn.engine.request.ExitRule;
import muninn.kernels.GateMeasures;
import muninn.kernels.Lanes;
import muninn.kernels.LatentMeasures;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Samples;
import muninn.model.forward.ExitPasses;
import muninn.model.forward.Forward;

/**
 * The passes on a device: fills its lane tables, and sees to it that every key has a page before it
 * is written. Which lane stands where in a table is known here alone.
 */
final class DevicePasses implements Passes {
  private final Batch batch;
  private final Forward forward;
  private final ExitPasses exits;
  private final Monitors monitors;

  private final LaneTables tables;

  DevicePasses(Batch batch, Forward forward, LaneTables tables, Monitors monitors) {
    this.batch = batch;
    this.forward = forward;
    this.tables = tables;
    exits = forward.exits();
    this.monitors = monitors;
  }

  @Override
  public void open(List<Lane> lanes) {
    if (lanes.isEmpty()) {
      return; // as in most ticks
    }
    fill(tables.opening(), List.of());
    fill(tables.beginning(), List.of());
    fill(tables.norming(), List.of());
    fill(tables.watchingLatents(), List.of());
    fill(tables.watchingOutputs(), List.of());
    for (Lane lane : lanes) {
      Sequence sequence = batch.of(lane);
      sequence.pagesOf(lane).hold(lane.position);
      add(lane, tables.opening());
      if (!sequence.carriesOn(lane)) {
        add(lane, tables.beginning());
      } else if (sequence.norms(lane)) {
        add(lane, tables.norming());
      }
      if (lane.watch != null) {
        switch (sequence.asking.sees()) {
          case LATENT, PATH -> add(lane, tables.watchingLatents());
          case OUTPUT -> add(lane, tables.watchingOutputs());
          case GATE -> {} // it compares with nothing
        }
      }
    }
    monitors.pass(Monitor.Pass.OPEN, lanes);
    forward.prelude(tables.opening());
    forward.begin(tables.beginning());
    forward.normStates(tables.norming());
    exits.watchLatents(tables.watchingLatents());
    exits.watchOutputs(tables.watchingOutputs());
  }

  @Override
  public void think(List<Lane> lanes) {
    monitors.pass(Monitor.Pass.THINK, lanes);
    if (!forward.firstStepDiffers()) {
      forward.core(fillWithGroups(lanes));
      return;
    }
    Map<Boolean, List<Lane>> first =
        lanes.stream().collect(Collectors.partitioningBy(lane -> lane.steps() == 0));
    forward.firstStep(fillWithGroups(first.get(true)));
    forward.core(fillWithGroups(first.get(false)));
  }

  /** A table of the step to come, each lane at the slot group that this writes. */
  private Lanes fillWithGroups(List<Lane> lanes) {
    tables.thinking().clear();
    for (Lane lane : lanes) {
      int group = batch.of(lane).pagesOf(lane).hold(lane.position, lane.steps());
      add(lane, group, tables.thinking());
    }
    return tables.thinking();
  }

  @Override
  public Looks lookAtLatents(List<Lane> lanes) {
    Map<Boolean, List<Lane>> kinds =
        lanes.stream()
            .collect(
                Collectors.partitioningBy(
                    lane -> batch.of(lane).asking.sees() == ExitRule.Sees.GATE));
    return new LatentsSeen(moves(kinds.get(false)), gates(kinds.get(true)));
  }

  private Supplier<Map<Lane, ExitRule.Look>> moves(List<Lane> lanes) {
    if (lanes.isEmpty()) {
      return Map::of;
    }
    int[] steps = lanes.stream().mapToInt(Lane::steps).toArray();
    LatentMeasures measures = exits.latentMeasures(fill(tables.looking(), lanes));
    return () -> {
      LatentMeasures.Result seen = measures.await();
      return each(
          lanes,
          i ->
              ExitRule.Look.ofLatent(
                  steps[i], seen.moved()[i], seen.change()[i], seen.cosine()[i]));
    };
  }

  private Supplier<Map<Lane, ExitRule.Look>> gates(List<Lane> lanes) {
    if (lanes.isEmpty()) {
      return Map::of;
    }
    int[] steps = lanes.stream().mapToInt(Lane::steps).toArray();
    GateMeasures measures = exits.gate(fill(tables.looking(), lanes));
    return () -> {
      float[] seen = measures.await();
      return each(lanes, i -> ExitRule.Look.ofGate(steps[i], seen[i]));
    };
  }

  private static Map<Lane, ExitRule.Look> each(List<Lane> lanes, IntFunction<ExitRule.Look> look) {
    Map<Lane, ExitRule.Look> looks = new LinkedHashMap<>();
    for (int i = 0; i < lanes.size(); i++) {
      looks.put(lanes.get(i), look.apply(i));
    }
    return looks;
  }

  /** Both kinds, read once. */
  private static final class LatentsSeen implements Looks {
    private final Supplier<Map<Lane, ExitRule.Look>> moves;
    private final Supplier<Map<Lane, ExitRule.Look>> gates;
    private Map<Lane, ExitRule.Look> seen;

    LatentsSeen(
        Supplier<Map<Lane, ExitRule.Look>> moves, Supplier<Map<Lane, ExitRule.Look>> gates) {
      this.moves = moves;
      this.gates = gates;
    }

    @Override
    public Map<Lane, ExitRule.Look> await() {
      if (seen == null) {
        seen = new LinkedHashMap<>(moves.get());
        seen.putAll(gates.get());
      }
      return seen;
    }
  }

  @Override
  public void choose(List<Lane> lanes) {
    exits.choose(fill(tables.looking(), lanes));
  }

  @Override
  public void speak(Plan.Coda plan) {
    if (plan.isEmpty()) {
      return;
    }
    List<Lane> all = new ArrayList<>(plan.speaking()); // first, where the head finds them
    all.addAll(plan.silent());
    monitors.pass(Monitor.Pass.CODA, all);
    monitors.pass(Monitor.Pass.SPEAK, plan.speaking());
    List<Lane> chosen = new ArrayList<>(all);
    chosen.removeIf(lane -> !lane.hasChosen());
    exits.enterChosen(fill(tables.looking(), chosen));
    forward.speak(fill(tables.leaving(), all), fill(tables.speaking(), plan.speaking()));
    chosen.removeIf(lane -> !lane.thinksOn());
    exits.leaveChosen(fill(tables.looking(), chosen));
  }

  @Override
  public Map<Lane, ExitRule.Look> lookAtOutputs(List<Lane> lanes) {
    if (lanes.isEmpty()) {
      return Map.of();
    }
    OutputMeasures.Result seen = exits.look(fill(tables.looking(), lanes)).await();
    Map<Lane, ExitRule.Look> looks = new LinkedHashMap<>();
    for (int i = 0; i < lanes.size(); i++) {
      looks.put(
          lanes.get(i),
          ExitRule.Look.ofOutput(
              lanes.get(i).steps(),
              seen.kl()[i],
              seen.minpKl()[i],
              seen.entropy()[i],
              seen.argmax()[i]));
    }
    return looks;
  }

  @Override
  public Draws draw(List<Lane> lanes) {
    Samples samples = forward.draw(fill(tables.drawing(), lanes));
    return () -> byLane(lanes, samples.await());
  }

  private static Map<Lane, Drawn> byLane(List<Lane> lanes, Samples.Result result) {
    Map<Lane, Drawn> drawn = new HashMap<>();
    for (int i = 0; i < lanes.size(); i++) {
      List<Token.Alternative> alternatives = new ArrayList<>();
      for (int k = 0; k < result.topTokens()[i].length; k++) {
        alternatives.add(
            new Token.Alternative(result.topTokens()[i][k], result.topLogProbs()[i][k]));
      }
      drawn.put(
          lanes.get(i),
          new Drawn(result.tokens()[i], result.logProbs()[i], List.copyOf(alternatives)));
    }
    return drawn;
  }

  @Override
  public float[] logits(Lane lane) {
    return forward.logits(lane.row);
  }

  @Override
  public float[] state(Lane lane) {
    return forward.state(lane.row);
  }

  @Override
  public float gate(Lane lane) {
    return exits.hasGate()
        ? exits.gate(fill(tables.looking(), List.of(lane))).await()[0]
        : Float.NaN;
  }

  @Override
  public float[] normed(Lane lane) {
    return forward.latent(fill(tables.looking(), List.of(lane)), 0);
  }

  private static Lanes fill(Lanes table, List<Lane> lanes) {
    table.clear();
    lanes.forEach(lane -> add(lane, table));
    return table;
  }

  /** To a table of a pass that has no steps. */
  private static void add(Lane lane, Lanes table) {
    add(lane, 0, table);
  }

  private static void add(Lane lane, int group, Lanes table) {
    int token = lane.token == Lane.SAMPLED ? Lanes.sampledIn(lane.row) : lane.token;
    table.add(lane.row, lane.slot, lane.position, group, token);
  }
}
