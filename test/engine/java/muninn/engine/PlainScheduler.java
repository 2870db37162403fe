package muninn.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;
import muninn.engine.answer.Token;
import muninn.engine.request.ExitRule;
import muninn.engine.request.Request;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.model.Config;

/**
 * A scheduler without a device or a model, for tests of what is decided: what a lane predicts after
 * how many steps is a function, and what is asked of the device is written down.
 */
final class PlainScheduler implements Passes {
  /** 2 blocks of prelude, 4 of core, 2 of coda; at most 128 positions. */
  static final Config CONFIG = Config.read(Golden.folder("raven-nano").resolve("config.json"));

  /** A token that ends an answer. */
  static final int STOP = 99;

  /** What a lane predicts now. */
  interface Mind {
    int predicts(Lane lane);
  }

  final KvPages pages;
  final PrefixTree tree;
  final Batch batch;
  final Scheduler scheduler;

  /** Counts up from the position, at whatever step. */
  Mind mind = lane -> lane.position + 1;

  /** What rules see; nothing moves. */
  Function<Lane, ExitRule.Look> eyes = lane -> ExitRule.Look.ofLatent(lane.steps(), 0, 0, 0);

  /** What a pass takes, by its lanes; no real clock runs here. */
  IntToLongFunction takes = lanes -> 1;

  private long clock;

  /** The passes of the last tick, in order: what, and at which positions. */
  final List<String> passes = new ArrayList<>();

  PlainScheduler(int rows, int places, int pageCount) {
    this(rows, places, pageCount, 0);
  }

  PlainScheduler(int rows, int places, int pageCount, int ticksAhead) {
    pages = new KvPages(pageCount);
    Monitors nobody = new Monitors(Monitor.NONE);
    pages.copyBy((from, to) -> passes.add("copy"));
    tree = new PrefixTree(pages);
    Prefixes prefixes = new Prefixes(tree, true, rows);
    LookAhead lookAhead = new LookAhead(0.4, 0.5);
    batch = new Batch(CONFIG, new NoSequences(), pages, prefixes, lookAhead, rows, places, nobody);
    scheduler = new Scheduler(batch, this, ticksAhead, nobody, lookAhead, () -> clock);
  }

  private static final class NoSequences implements Sequences {
    @Override
    public int positions() {
      return 0;
    }

    @Override
    public void open(int sequence, SequenceParameters parameters) {}

    @Override
    public void restore(int sequence, int from, int[] tokens, int group) {}

    @Override
    public void map(int sequence, int slot, int chunk, int page) {}
  }

  /** Greedy, so many steps and new tokens, to the end. */
  static Request request(int promptTokens, int steps, int maxTokens) {
    return Request.of(new int[promptTokens], steps, maxTokens);
  }

  Answer submit(Request request) {
    return submit(request, null);
  }

  Answer submit(Request request, Inspector inspector) {
    Answer answer = new Answer(request.prompt().length, null);
    scheduler.enqueue(
        Ticket.of(request, request.prompt(), answer, inspector, Set.of(STOP), CONFIG));
    return answer;
  }

  void tick() {
    passes.clear();
    scheduler.tick();
  }

  /** Ticks until nothing is left to do; refuses to go on for ever. */
  int run() {
    int ticks = 0;
    while (!scheduler.idle()) {
      tick();
      if (++ticks > 10_000) {
        throw new IllegalStateException("no end after " + ticks + " ticks: " + lanes());
      }
    }
    return ticks;
  }

  /**
   * All lanes as text, a request after the other: {@code 0:4. 1:2 2:1=}: position and steps, a dot
   * where these are enough, an equals sign where it pauses; a branch behind a slash.
   */
  String lanes() {
    return batch.running().stream()
        .map(
            sequence ->
                text(sequence.wave)
                    + (sequence.branch() == null || sequence.branch().wave.isEmpty()
                        ? ""
                        : " / " + text(sequence.branch().wave)))
        .collect(Collectors.joining(" | "));
  }

  private static String text(Wave wave) {
    return wave.lanes().stream().map(PlainScheduler::text).collect(Collectors.joining(" "));
  }

  private static String text(Lane lane) {
    String mark =
        switch (lane.state()) {
          case OPEN, THINKING -> "";
          case PAUSED -> "=";
          case ENOUGH, SAID -> ".";
          case LEFT, SQUASHED -> "!";
        };
    return lane.position + ":" + lane.steps() + mark;
  }

  /** The tokens of a finished answer. */
  static List<Integer> tokens(Answer answer) {
    return answer.completion().join().tokens().stream().map(Token::id).toList();
  }

  /** Pages that nobody has set aside. */
  int unreserved() {
    int count = 0;
    while (pages.reserve(1)) {
      count++;
    }
    pages.unreserve(count);
    return count;
  }

  private void note(String pass, List<Lane> lanes) {
    if (!lanes.isEmpty()) {
      passes.add(
          pass
              + lanes.stream()
                  .map(lane -> " " + lane.slot + "/" + lane.position)
                  .collect(Collectors.joining()));
    }
  }

  private void passed(double cost, int lanes) {
    clock += lanes == 0 ? 0 : (long) (cost * takes.applyAsLong(lanes));
  }

  /** The time by its own clock. */
  long clock() {
    return clock;
  }

  @Override
  public void open(List<Lane> lanes) {
    note("open", lanes);
    passed(0.4, lanes.size());
    lanes.forEach(lane -> batch.of(lane).pagesOf(lane).hold(lane.position));
  }

  @Override
  public void think(List<Lane> lanes) {
    note("think", lanes);
    passed(1, lanes.size());
    lanes.forEach(lane -> batch.of(lane).pagesOf(lane).hold(lane.position, lane.steps()));
  }

  @Override
  public Looks lookAtLatents(List<Lane> lanes) {
    note("latents", lanes);
    Map<Lane, ExitRule.Look> looks = looks(lanes);
    return () -> looks;
  }

  @Override
  public void speak(Plan.Coda plan) {
    note("speak", plan.speaking());
    note("pass", plan.silent());
    passed(0.5, plan.speaking().size() + plan.silent().size());
  }

  @Override
  public void choose(List<Lane> lanes) {
    note("choose", lanes);
  }

  @Override
  public Map<Lane, ExitRule.Look> lookAtOutputs(List<Lane> lanes) {
    note("outputs", lanes);
    return looks(lanes);
  }

  private Map<Lane, ExitRule.Look> looks(List<Lane> lanes) {
    Map<Lane, ExitRule.Look> looks = new LinkedHashMap<>();
    lanes.forEach(lane -> looks.put(lane, eyes.apply(lane)));
    return looks;
  }

  @Override
  public Draws draw(List<Lane> lanes) {
    note("draw", lanes);
    Map<Lane, Drawn> drawn = new HashMap<>();
    lanes.forEach(lane -> drawn.put(lane, new Drawn(mind.predicts(lane), Float.NaN, List.of())));
    return () -> drawn;
  }

  @Override
  public float[] logits(Lane lane) {
    return new float[] {mind.predicts(lane)};
  }

  @Override
  public float[] state(Lane lane) {
    return new float[] {lane.steps()};
  }

  @Override
  public float gate(Lane lane) {
    return Float.NaN;
  }

  @Override
  public float[] normed(Lane lane) {
    return new float[] {lane.steps()};
  }
}
