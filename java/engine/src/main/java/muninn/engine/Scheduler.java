package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import muninn.UserException;
import muninn.kernels.Device;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.model.Config;
import muninn.model.Forward;

/**
 * Turns requests into lanes and lanes into ticks. A tick admits what memory allows, opens positions
 * in the free rows, passes the core over all lanes that think, whatever step each is at, asks the
 * exit rules, and lets those speak that have had enough or are to guess; the row of a lane that
 * leaves is taken again at the next tick. Prefill is nothing special: the prompt's positions are
 * lanes that open together. Nor is speculation: lanes that open on guesses. Belongs to the engine's
 * thread.
 */
final class Scheduler {
  private final int ticksAhead;
  private final int rows;
  private final Sequences sequences;
  private final KvPages pages;
  private final Passes passes;
  private final Exits exits;
  private final DraftDepth depths;

  private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();
  private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
  private final ArrayDeque<Integer> freeRows = new ArrayDeque<>();
  private final ArrayDeque<Tick> inFlight = new ArrayDeque<>();

  /** A tick whose results the host has not read yet. */
  private record Tick(Samples samples, List<Said> said) {

    /** Whether a guess was said or is judged, which decides what the next tick does. */
    boolean guesses() {
      return said.stream().anyMatch(word -> word.lane().sequence.drafts.speculates());
    }
  }

  /** A lane's word, at this place among the samples: a guess, or its last. */
  private record Said(int place, Lane lane, boolean last) {}

  Scheduler(
      Config config,
      Device device,
      Forward forward,
      Sequences sequences,
      KvPages pages,
      int rows,
      int slots) {
    ticksAhead = device.ticksAhead();
    this.rows = rows;
    this.sequences = sequences;
    this.pages = pages;
    passes = new Passes(device, forward, rows);
    exits = new Exits(device, forward, rows);
    depths = new DraftDepth(config);
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
    speak(think());
    settle();
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
      sequence.admit(freeSlots.remove(), pages, sequences, depths);
      sequence.answer.starts(sequence.drafts);
      running.add(sequence);
    }
  }

  /**
   * Successors first, each in the row it inherits; then prompts, oldest first, in the rows left
   * over; then positions whose tokens are guesses. A prompt that waits for rows lets no younger one
   * take them.
   */
  private void open() {
    List<Lane> opened = new ArrayList<>();
    for (Sequence sequence : running) {
      Wave wave = sequence.wave;
      if (wave.inherits()) {
        opened.add(open(sequence, wave.takeInheritedRow(), wave.inheritedToken()));
      }
    }
    for (Sequence sequence : running) {
      for (int n = sequence.openable(freeRows.size()); n > 0; n--) {
        int token = sequence.request.prompt()[sequence.wave.next()];
        opened.add(open(sequence, freeRows.remove(), token));
      }
      if (sequence.prefilling() && sequence.wave.isEmpty()) {
        break;
      }
    }
    for (Sequence sequence : running) {
      if (sequence.drafts.mayOpen(share()) && !freeRows.isEmpty()) {
        opened.add(open(sequence, freeRows.remove(), sequence.wave.guess()));
      }
      sequence.drafts.openedAll();
    }
    passes.open(opened);
    exits.watch(opened);
    dropFailed();
  }

  private static Lane open(Sequence sequence, int row, int token) {
    Lane lane = sequence.wave.open(sequence, row, token);
    sequence.drafts.opened(lane);
    return lane;
  }

  /** Lanes that each sequence may have: one, where prompts wait for rows. */
  private int share() {
    return rowsAreWanted() ? 1 : Math.max(1, rows / running.size());
  }

  private boolean rowsAreWanted() {
    return running.stream().anyMatch(Sequence::prefilling);
  }

  /** One recurrence step for every lane that thinks; answers with them. */
  private List<Lane> think() {
    List<Lane> thinking = lanes(Lane::thinks);
    passes.think(thinking);
    for (Sequence sequence : running) {
      if (!sequence.wave.isEmpty()) {
        sequence.answer.tick(thinking.size());
      }
    }
    thinking.forEach(lane -> lane.sequence.answer.step());
    exits.askLatents(thinking);
    promptsFollowTheirLast(thinking);
    dropFailed();
    thinking.removeIf(lane -> lane.sequence.ended);
    return thinking;
  }

  /** Where the last position of a prompt has had enough, so have those that think with it. */
  private static void promptsFollowTheirLast(List<Lane> lanes) {
    for (Lane lane : lanes) {
      if (lane.position == lane.sequence.lastOfPrompt() && lane.hasEnough()) {
        promptOf(lane).forEach(Lane::enough);
      }
    }
  }

  /** The lanes of a prompt that are there beside its last one. */
  private static List<Lane> promptOf(Lane last) {
    return last.sequence.wave.lanes().stream()
        .takeWhile(lane -> lane.position < last.position)
        .toList();
  }

  private List<Lane> lanes(Predicate<Lane> which) {
    List<Lane> found = new ArrayList<>();
    for (Sequence sequence : running) {
      sequence.wave.lanes().stream().filter(which).forEach(found::add);
    }
    return found;
  }

  /**
   * Lanes that have had enough pass the coda, to leave their keys there; those that speak, the
   * head. So do lanes whose guess is wanted, or whose rule wants to see what they would say. They
   * wait where better company is expected.
   *
   * @param thinking lanes that took a step in this tick
   */
  private void speak(List<Lane> thinking) {
    List<Lane> asking = Exits.wantingOutputs(thinking);
    Set<Lane> guessing = new LinkedHashSet<>(thinking);
    guessing.removeIf(lane -> !lane.sequence.drafts.wants(lane, share()));
    List<Lane> leaving = leavers();
    boolean must = !asking.isEmpty() || !guessing.isEmpty() || rowsAreWanted();
    if (!must && Company.expected(leaving, lanes(Lane::thinks))) {
      leaving.forEach(lane -> lane.waited++);
      return;
    }

    Set<Lane> speaking = new LinkedHashSet<>(asking); // the first, as their rules expect
    Set<Lane> silent = new LinkedHashSet<>();
    for (Lane lane : leaving) {
      (lane.sequence.speaks(lane.position) ? speaking : silent).add(lane);
    }
    speaking.addAll(guessing);
    speaking.stream().filter(this::needsPrompt).forEach(lane -> silent.addAll(promptOf(lane)));
    List<Lane> speakers = List.copyOf(speaking);
    Samples samples = passes.speak(speakers, List.copyOf(silent));
    exits.askOutputs(asking);
    promptsFollowTheirLast(asking);
    dropFailed();

    Set<Lane> left = new LinkedHashSet<>(leavers());
    left.removeIf(lane -> !speaking.contains(lane) && !silent.contains(lane));
    List<Said> said = new ArrayList<>();
    for (int i = 0; i < speakers.size(); i++) {
      Lane lane = speakers.get(i);
      if (left.contains(lane)) {
        passes.inspect(lane, i);
        said.add(new Said(i, lane, true));
      } else if (guessing.contains(lane)) {
        said.add(new Said(i, lane, false));
      }
    }
    left.removeIf(lane -> lane.sequence.drafts.speculates() && !lane.inPrompt()); // once heard
    left.forEach(this::leave);
    if (!said.isEmpty()) {
      inFlight.add(new Tick(samples, said));
    }
  }

  /** The lanes that have had enough, and so have all before them in their sequence. */
  private List<Lane> leavers() {
    return running.stream().flatMap(sequence -> sequence.wave.leavers().stream()).toList();
  }

  /** Whether a lane's word rests on keys that the rest of the prompt has yet to leave. */
  private boolean needsPrompt(Lane lane) {
    return !lane.hasEnough()
        && lane.position == lane.sequence.lastOfPrompt()
        && (lane.asks(ExitRule.Sees.OUTPUT) || lane.sequence.drafts.renewsPrompt(lane));
  }

  /** The row of a lane that leaves goes to its successor, or to whoever comes. */
  private void leave(Lane lane) {
    Sequence sequence = lane.sequence;
    sequence.wave.leave(lane);
    sequence.pages.settled(lane.position);
    if (sequence.wave.isEmpty() && sequence.continues(lane.position)) {
      sequence.wave.leaveRow(lane);
    } else {
      freeRows.add(lane.row);
    }
  }

  /**
   * Reads what ticks said. The host may run ahead of the device, but not past the last lane, nor
   * past a guess.
   */
  private void settle() {
    boolean guesses = inFlight.stream().anyMatch(Tick::guesses);
    int ahead = guesses || lanes(Lane::thinks).isEmpty() ? 0 : ticksAhead;
    while (inFlight.size() > ahead) {
      settle(inFlight.remove());
    }
  }

  private void settle(Tick tick) {
    Samples.Result result = tick.samples().await();
    for (Said said : tick.said()) {
      Lane lane = said.lane();
      if (!lane.sequence.ended && !lane.squashed && !lane.inPrompt()) {
        hear(said, result);
      }
    }
  }

  private void hear(Said said, Samples.Result result) {
    Sequence sequence = said.lane().sequence;
    int token = result.tokens()[said.place()];
    if (said.last()) {
      if (sequence.drafts.speculates()) {
        leave(said.lane());
      }
      tell(sequence, said, result);
    }
    if (!sequence.ended && token >= 0) {
      follow(said, token);
    }
  }

  /** Tells an answer its next token, and ends it where that does. */
  private void tell(Sequence sequence, Said said, Samples.Result result) {
    Lane lane = said.lane();
    int token = result.tokens()[said.place()];
    if (token < 0) {
      fail(
          sequence,
          UserException.of(
              "the logits after position %d are not numbers (NaN or infinite): the checkpoint's"
                  + " weights are damaged or too large, download them again",
              lane.position));
      return;
    }
    boolean last = !sequence.continues(lane.position);
    if (sequence.stopsAt(token) || sequence.answer.say(result, said.place(), lane.steps, last)) {
      end(sequence, FinishReason.STOP);
    } else if (last) {
      end(sequence, FinishReason.LENGTH);
    }
  }

  /** What follows a lane opens on its guess; what was built on another one is squashed. */
  private void follow(Said said, int token) {
    Lane lane = said.lane();
    Wave wave = lane.sequence.wave;
    Lane next = wave.after(lane);
    boolean stops = lane.sequence.stopsAt(token);
    lane.sequence.drafts.heard(lane, token, said.last(), next);
    if (next == null && !said.last()) {
      wave.guess(stops ? Wave.NONE : token);
    } else if (next != null && !next.builtOn(token)) {
      List<Lane> squashed = wave.squashAfter(lane);
      squashed.forEach(Lane::squash);
      squashed.forEach(wrong -> freeRows.addFirst(wrong.row));
      if (!stops) {
        wave.inherit(freeRows.remove(), token);
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
    sequence.wave.lanes().forEach(lane -> freeRows.add(lane.row));
    if (sequence.wave.inherits()) {
      freeRows.add(sequence.wave.takeInheritedRow());
    }
    sequence.pages.release();
    freeSlots.add(sequence.slot);
  }
}
