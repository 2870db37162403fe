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
import muninn.model.Forward;

/**
 * Turns requests into lanes and lanes into ticks. A tick admits what memory allows, opens positions
 * in the free rows, passes the core over all live lanes whatever step each is at, asks the exit
 * rules, and lets those speak that have had enough; the row of a lane that leaves is taken again at
 * the next tick. Prefill is nothing special: the prompt's positions are lanes that open together.
 * Belongs to the engine's thread.
 */
final class Scheduler {
  private final int ticksAhead;
  private final Sequences sequences;
  private final KvPages pages;
  private final Passes passes;
  private final Exits exits;

  private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();
  private final List<Lane> live = new ArrayList<>();
  private final List<Lane> done = new ArrayList<>(); // had enough, still to pass the coda
  private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
  private final ArrayDeque<Integer> freeRows = new ArrayDeque<>();
  private final ArrayDeque<Tick> inFlight = new ArrayDeque<>();

  /** A tick whose results the host has not read yet. */
  private record Tick(Samples samples, List<Said> said) {}

  /** A lane's final word, at this place among the samples. */
  private record Said(int place, Lane lane) {}

  Scheduler(
      Device device, Forward forward, Sequences sequences, KvPages pages, int rows, int slots) {
    ticksAhead = device.ticksAhead();
    this.sequences = sequences;
    this.pages = pages;
    passes = new Passes(device, forward, sequences, pages, rows);
    exits = new Exits(device, forward, rows);
    for (int i = 0; i < rows; i++) {
      freeRows.add(i);
    }
    for (int i = 0; i < slots; i++) {
      freeSlots.add(i);
    }
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
    stop();
    leave();
    // The host may run ahead of the device, but not past the last lane.
    while (inFlight.size() > (live.isEmpty() ? 0 : ticksAhead)) {
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
   * over. A prompt that waits for rows lets no younger one take them.
   */
  private void open() {
    List<Lane> opened = new ArrayList<>();
    for (Sequence sequence : running) {
      if (sequence.inherits()) {
        int row = sequence.takeInheritedRow();
        opened.add(sequence.open(row, Lanes.sampledIn(row)));
      }
    }
    for (Sequence sequence : running) {
      for (int n = sequence.openable(freeRows.size()); n > 0; n--) {
        opened.add(sequence.open(freeRows.remove(), sequence.request.prompt()[sequence.next]));
      }
      if (sequence.prefilling() && sequence.lanes == 0) {
        break;
      }
    }
    live.addAll(opened);
    passes.open(opened);
    exits.watch(opened);
    dropFailed();
  }

  /** One recurrence step for every lane. */
  private void think() {
    passes.think(live);
    for (Sequence sequence : running) {
      if (sequence.lanes > 0) {
        sequence.answer.tick(live.size());
      }
    }
  }

  /** Lanes that have had enough, by their last step or by what their rule saw, think no more. */
  private void stop() {
    exits.askLatents(live);
    dropFailed();
    stopThose();
  }

  /**
   * Lanes that have had enough pass the coda, to leave their keys there; those that speak, the
   * head; and with them those whose rule wants to see what they would say. Unless better company is
   * expected.
   */
  private void leave() {
    List<Lane> asking = Exits.wantingOutputs(live);
    if (asking.isEmpty() && !rowsAreWanted() && Company.expected(done, live)) {
      done.forEach(lane -> lane.waited++);
      return;
    }
    List<Lane> speakers = new ArrayList<>(asking);
    List<Lane> silent = new ArrayList<>();
    for (Lane lane : done) {
      (lane.sequence.speaks(lane.position) ? speakers : silent).add(lane);
    }
    asking.forEach(lane -> silent.addAll(chunkOf(lane)));
    Samples samples = passes.speak(speakers, silent);
    exits.askOutputs(asking);
    dropFailed();
    stopThose();
    List<Said> said = new ArrayList<>();
    for (int i = 0; i < speakers.size(); i++) {
      if (speakers.get(i).hasEnough()) {
        passes.inspect(speakers.get(i), i);
        said.add(new Said(i, speakers.get(i)));
      }
    }
    done.forEach(this::handOn);
    done.clear();
    if (!said.isEmpty()) {
      inFlight.add(new Tick(samples, said));
    }
  }

  /** Who thinks with the last position of a prompt, whose prediction needs their keys. */
  private List<Lane> chunkOf(Lane lane) {
    return live.stream().filter(other -> other.sequence == lane.sequence && other != lane).toList();
  }

  /**
   * Moves lanes that have had enough out of the live ones; a prompt's last lane takes its chunk.
   */
  private void stopThose() {
    for (Lane lane : List.copyOf(live)) {
      if (lane.hasEnough() && lane.position == lane.sequence.lastOfPrompt()) {
        chunkOf(lane).forEach(Lane::enough);
      }
    }
    for (Iterator<Lane> lanes = live.iterator(); lanes.hasNext(); ) {
      Lane lane = lanes.next();
      if (lane.hasEnough()) {
        lanes.remove();
        done.add(lane);
      }
    }
  }

  private boolean rowsAreWanted() {
    return running.stream().anyMatch(Sequence::prefilling);
  }

  /** The row of a lane that left goes to its successor, or to whoever comes. */
  private void handOn(Lane lane) {
    lane.sequence.leaves(lane.position, pages);
    if (lane.sequence.continues(lane.position)) {
      lane.sequence.inheritedRow = lane.row;
    } else {
      freeRows.add(lane.row);
    }
  }

  /** Reads what a tick said, and ends the answers that it ended. */
  private void settle(Tick tick) {
    Samples.Result result = tick.samples().await();
    for (Said said : tick.said()) {
      int i = said.place();
      Lane lane = said.lane();
      Sequence sequence = lane.sequence;
      if (sequence.ended || lane.position < sequence.lastOfPrompt()) {
        continue;
      }
      int token = result.tokens()[i];
      if (token < 0) {
        fail(
            sequence,
            UserException.of(
                "the logits after position %d are not numbers (NaN or infinite): the checkpoint's"
                    + " weights are damaged or too large, download them again",
                lane.position));
        continue;
      }
      boolean last = !sequence.continues(lane.position);
      if (sequence.stopsAt(token) || sequence.answer.say(result, i, lane.steps, last)) {
        end(sequence, FinishReason.STOP);
      } else if (last) {
        end(sequence, FinishReason.LENGTH);
      }
    }
  }

  private void end(Sequence sequence, FinishReason reason) {
    sequence.answer.finish(reason); // first: should it fail, the sequence is still there to tell
    drop(sequence);
  }

  private void fail(Sequence sequence, RuntimeException failure) {
    drop(sequence);
    sequence.answer.fail(failure);
  }

  private void dropFailed() {
    for (Sequence sequence : List.copyOf(running)) {
      if (sequence.failure != null) {
        fail(sequence, sequence.failure);
      }
    }
  }

  /** Frees what a sequence holds, lanes opened on the guess that it goes on among it. */
  private void drop(Sequence sequence) {
    sequence.ended = true;
    running.remove(sequence);
    free(live, sequence);
    free(done, sequence);
    if (sequence.inherits()) {
      freeRows.add(sequence.takeInheritedRow());
    }
    sequence.release(pages);
    freeSlots.add(sequence.slot);
  }

  private void free(List<Lane> lanes, Sequence sequence) {
    for (Iterator<Lane> all = lanes.iterator(); all.hasNext(); ) {
      Lane lane = all.next();
      if (lane.sequence == sequence) {
        all.remove();
        freeRows.add(lane.row);
      }
    }
  }
}
