package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import muninn.engine.Plan.Prediction;

/**
 * Turns requests into lanes and lanes into ticks. A tick admits what memory allows; then it goes to
 * the device three times with a {@link Plan}, and takes in what comes of it: all lanes think, those
 * that have had enough or are to guess pass the coda, and their tokens are drawn. The row of a lane
 * that leaves is taken again at the next tick. Prefill is nothing special: the prompt's positions
 * are lanes that open together. Nor is speculation: lanes that open on guesses. Belongs to the
 * engine's thread.
 */
final class Scheduler {
  private final WaitingRequests waiting = new WaitingRequests();
  private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
  private final Batch batch;
  private final Planner planner;
  private final LatentLooks latents;
  private final Passes passes;
  private final Inspections inspections;
  private final Verdicts verdicts;
  private final int ticksAhead;
  private final Monitors monitors;
  private final LookAhead lookAhead;
  private final LongSupplier clock;

  /** Tokens that a tick drew and the host has not read yet. */
  private record InFlight(List<Prediction> predictions, Passes.Draws draws) {

    /** Whether a guess is drawn or judged, which decides what the next tick does. */
    boolean decidesWhatFollows() {
      for (Prediction one : predictions) {
        if (!one.last() || one.lane().state() == Lane.State.SAID) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * @param ticksAhead ticks that the device may be behind the host
   * @param lookAhead hears what ticks took
   * @param clock in nanoseconds
   */
  Scheduler(
      Batch batch,
      Passes passes,
      int ticksAhead,
      Monitors monitors,
      LookAhead lookAhead,
      LongSupplier clock) {
    this.batch = batch;
    this.passes = passes;
    this.ticksAhead = ticksAhead;
    this.monitors = monitors;
    this.lookAhead = lookAhead;
    this.clock = clock;
    batch.admission().setBackTo(waiting::addBack);
    planner = new Planner(batch, new CodaBatching(lookAhead.priceOfAToken()));
    latents = new LatentLooks(batch, passes);
    inspections = new Inspections(batch, passes);
    verdicts = new Verdicts(batch, monitors);
  }

  void enqueue(Ticket ticket) {
    waiting.add(ticket);
  }

  boolean idle() {
    return waiting.size() == 0 && batch.running().isEmpty() && inFlight.isEmpty();
  }

  /** One pass of the core, and what goes with it. */
  void tick() {
    long begun = clock.getAsLong();
    monitors.tickBegins();
    waiting.endCancelled();
    batch.endCancelled();
    waiting.admitTo(batch.admission());
    if (batch.rowsAreWanted()) {
      batch.branches().giveUp();
    }
    Workload load = Workload.of(batch.running(), batch.share());
    batch.running().forEach(sequence -> sequence.drafts.tick(load));

    Plan.Think thinking = planner.think();
    passes.open(thinking.opening());
    inspections.opened(thinking.opening());
    passes.think(thinking.thinking());
    batch.stepped(thinking.thinking());
    passes.choose(latents.ask(thinking.thinking(), thinking.looking()));

    Plan.Coda coda = planner.coda(thinking.thinking());
    passes.speak(coda);
    passes.choose(Exits.ask(batch, passes.lookAtOutputs(coda.looking())));
    inspections.spoke(coda.speaking());

    Plan.Draw draw = planner.draw(coda);
    draw(draw.predictions());
    verdicts.leave(draw);
    absorbDraws();
    int spoke = coda.speaking().size() + coda.silent().size();
    lookAhead.ticked(
        new TickPace.Work(thinking.opening().size(), thinking.thinking().size(), spoke),
        batch.running().size(),
        coda.speaking().size(),
        clock.getAsLong() - begun);
    monitors.tickEnds(
        new Monitor.Tick(
            thinking.thinking().size(),
            batch.running().size(),
            waiting.size(),
            batch.admission().pages()));
  }

  private void draw(List<Prediction> predictions) {
    if (!predictions.isEmpty()) {
      List<Lane> lanes = new ArrayList<>();
      predictions.forEach(one -> lanes.add(one.lane()));
      inFlight.add(new InFlight(predictions, passes.draw(lanes)));
    }
  }

  /**
   * Takes in what ticks drew. The host may run ahead of the device, but not past the last lane, nor
   * past a guess.
   */
  private void absorbDraws() {
    boolean waits = !batch.thinks();
    for (InFlight one : inFlight) {
      waits |= one.decidesWhatFollows();
    }
    while (inFlight.size() > (waits ? 0 : ticksAhead)) {
      InFlight next = inFlight.remove();
      verdicts.absorb(next.predictions(), next.draws().await());
    }
  }

  /** Fails the requests in work; those that wait have seen nothing of what went wrong. */
  void failRunning(Throwable failure) {
    List.copyOf(batch.running()).forEach(sequence -> batch.fail(sequence, failure));
  }

  /**
   * Lets go of everything: the requests in work, in the order of admission, as if they were set
   * back, then those that wait.
   */
  List<Ticket> abandon() {
    List<Ticket> all = new ArrayList<>();
    batch.running().forEach(sequence -> all.add(sequence.setBack()));
    all.addAll(waiting.takeAll());
    batch.running().clear();
    return all;
  }
}
