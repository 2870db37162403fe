package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import muninn.UserException;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.model.Config;
import muninn.model.Forward;

/**
 * Turns requests into lanes and lanes into ticks. A tick admits what memory allows, opens positions
 * in the free rows, passes the core over all live lanes whatever step each is at, and lets those
 * speak that are deep enough; the row of a lane that leaves is taken again at the next tick.
 * Prefill is nothing special: the prompt's positions are lanes that open together. Belongs to the
 * engine's thread.
 */
final class Scheduler {
  private final Config config;
  private final Device device;
  private final Forward forward;
  private final Sequences sequences;
  private final KvPages pages;

  private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();
  private final List<Lane> live = new ArrayList<>();
  private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
  private final ArrayDeque<Integer> freeRows = new ArrayDeque<>();
  private final ArrayDeque<Tick> inFlight = new ArrayDeque<>();

  private final Lanes opening;
  private final Lanes thinking;
  private final Lanes leaving;
  private final Lanes speaking;

  /** A tick whose results the host has not read yet. */
  private record Tick(Samples samples, List<Lane> speakers) {}

  Scheduler(
      Config config,
      Device device,
      Forward forward,
      Sequences sequences,
      KvPages pages,
      int rows,
      int slots) {
    this.config = config;
    this.device = device;
    this.forward = forward;
    this.sequences = sequences;
    this.pages = pages;
    for (int i = 0; i < rows; i++) {
      freeRows.add(i);
    }
    for (int i = 0; i < slots; i++) {
      freeSlots.add(i);
    }
    opening = device.lanes(rows);
    thinking = device.lanes(rows);
    leaving = device.lanes(rows);
    speaking = device.lanes(rows);
  }

  void enqueue(Sequence sequence) {
    waiting.add(sequence);
  }

  boolean idle() {
    return waiting.isEmpty() && running.isEmpty() && inFlight.isEmpty();
  }

  void tick() {
    cancel();
    admit();
    open();
    think();
    leave();
    // The host may run ahead of the device, but not past the last lane.
    while (inFlight.size() > (live.isEmpty() ? 0 : device.ticksAhead())) {
      settle(inFlight.remove());
    }
  }

  /** Ends everything, as cancelled or, where the engine failed, with that. */
  void abandon(Throwable failure) {
    List<Sequence> all = new ArrayList<>(running);
    all.addAll(waiting);
    running.clear();
    waiting.clear();
    for (Sequence sequence : all) {
      if (failure == null) {
        sequence.answer.finish(FinishReason.CANCELLED);
      } else {
        sequence.answer.fail(failure);
      }
    }
  }

  private void cancel() {
    waiting.removeIf(
        sequence -> {
          boolean cancelled = sequence.answer.cancelled(); // asked once: it may change any time
          if (cancelled) {
            sequence.answer.finish(FinishReason.CANCELLED);
          }
          return cancelled;
        });
    for (Sequence sequence : List.copyOf(running)) {
      if (sequence.answer.cancelled()) {
        end(sequence, FinishReason.CANCELLED);
      }
    }
  }

  /** First come, first served, as long as places and the pages each may need are free. */
  private void admit() {
    while (!waiting.isEmpty() && !freeSlots.isEmpty()) {
      Sequence sequence = waiting.peek();
      if (!pages.reserve(sequence.mostPages())) {
        return;
      }
      waiting.remove();
      sequence.admit(freeSlots.remove(), sequences);
      sequence.answer.starts();
      running.add(sequence);
    }
  }

  /**
   * Successors first, each in the row it inherits; then prompts, oldest first, in the rows left
   * over.
   */
  private void open() {
    opening.clear();
    for (Sequence sequence : running) {
      if (sequence.inherits()) {
        int row = sequence.takeInheritedRow();
        open(sequence, row, Lanes.sampledIn(row));
      }
    }
    for (Sequence sequence : running) {
      while (sequence.prefilling() && !freeRows.isEmpty()) {
        open(sequence, freeRows.remove(), sequence.request.prompt()[sequence.next]);
      }
    }
    forward.prelude(opening);
  }

  private void open(Sequence sequence, int row, int token) {
    int position = sequence.next++;
    sequence.hold(position, 0, config.prelude() + config.coda(), pages, sequences);
    opening.add(row, sequence.slot, position, 0, token);
    live.add(new Lane(sequence, position, row));
    sequence.lanes++;
  }

  /** One recurrence step for every lane. */
  private void think() {
    thinking.clear();
    for (Lane lane : live) {
      int firstSlot = Forward.slots(config, lane.steps);
      lane.sequence.hold(lane.position, firstSlot, firstSlot + config.core(), pages, sequences);
      thinking.add(lane.row, lane.sequence.slot, lane.position, lane.steps, 0);
      lane.steps++;
    }
    for (Sequence sequence : running) {
      if (sequence.lanes > 0) {
        sequence.answer.tick(live.size());
      }
    }
    forward.core(thinking);
  }

  /**
   * Lanes that are deep enough pass the coda, to leave their keys there; those that speak, the
   * head.
   */
  private void leave() {
    List<Lane> speakers = new ArrayList<>();
    List<Lane> silent = new ArrayList<>();
    for (Lane lane : live) {
      if (lane.deepEnough()) {
        (lane.sequence.speaks(lane.position) ? speakers : silent).add(lane);
      }
    }
    live.removeIf(Lane::deepEnough);
    fill(speaking, speakers);
    fill(leaving, speakers);
    append(leaving, silent);
    Samples samples = forward.coda(leaving, speaking);
    for (int i = 0; i < speakers.size(); i++) {
      inspect(speakers.get(i), i);
    }
    speakers.forEach(this::handOn);
    silent.forEach(this::handOn);
    if (!speakers.isEmpty()) {
      inFlight.add(new Tick(samples, speakers));
    }
  }

  private static void fill(Lanes table, List<Lane> lanes) {
    table.clear();
    append(table, lanes);
  }

  private static void append(Lanes table, List<Lane> lanes) {
    for (Lane lane : lanes) {
      table.add(lane.row, lane.sequence.slot, lane.position, lane.steps - 1, 0);
    }
  }

  private void inspect(Lane lane, int place) {
    if (lane.sequence.inspector != null) {
      lane.sequence.inspector.see(
          lane.position, forward.logits(place), () -> forward.latent(leaving, place));
    }
  }

  /** The row of a lane that left goes to its successor, or to whoever comes. */
  private void handOn(Lane lane) {
    lane.sequence.lanes--;
    if (lane.sequence.continues(lane.position)) {
      lane.sequence.inheritedRow = lane.row;
    } else {
      freeRows.add(lane.row);
    }
  }

  /** Reads what a tick said, and ends the answers that it ended. */
  private void settle(Tick tick) {
    Samples.Result result = tick.samples().await();
    for (int i = 0; i < tick.speakers().size(); i++) {
      Lane lane = tick.speakers().get(i);
      Sequence sequence = lane.sequence;
      if (sequence.ended || lane.position < sequence.request.prompt().length - 1) {
        continue;
      }
      int token = result.tokens()[i];
      if (token < 0) {
        drop(sequence);
        sequence.answer.fail(
            UserException.of(
                "the logits after position %d are not numbers (NaN or infinite): the checkpoint's"
                    + " weights are damaged or too large, download them again",
                lane.position));
        continue;
      }
      boolean last = !sequence.continues(lane.position);
      if (sequence.stopsAt(token)
          || sequence.answer.say(
              token, lane.steps, result.logProbs()[i], alternatives(result, i), last)) {
        end(sequence, FinishReason.STOP);
      } else if (last) {
        end(sequence, FinishReason.LENGTH);
      }
    }
  }

  private static List<Token.Alternative> alternatives(Samples.Result result, int i) {
    List<Token.Alternative> top = new ArrayList<>();
    for (int j = 0; j < result.topTokens()[i].length; j++) {
      top.add(new Token.Alternative(result.topTokens()[i][j], result.topLogProbs()[i][j]));
    }
    return top;
  }

  private void end(Sequence sequence, FinishReason reason) {
    sequence.answer.finish(reason); // first: should it fail, the sequence is still there to tell
    drop(sequence);
  }

  /** Frees what a sequence holds, lanes opened on the guess that it goes on among it. */
  private void drop(Sequence sequence) {
    sequence.ended = true;
    running.remove(sequence);
    for (Iterator<Lane> lanes = live.iterator(); lanes.hasNext(); ) {
      Lane lane = lanes.next();
      if (lane.sequence == sequence) {
        lanes.remove();
        freeRows.add(lane.row);
      }
    }
    if (sequence.inherits()) {
      freeRows.add(sequence.takeInheritedRow());
    }
    sequence.release(pages);
    freeSlots.add(sequence.slot);
  }
}
