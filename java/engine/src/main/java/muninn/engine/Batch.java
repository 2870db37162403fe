package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import muninn.engine.answer.FinishReason;
import muninn.kernels.Sequences;
import muninn.model.Config;

/**
 * The requests in work and what they hold between them: places on the device and state rows.
 * Whoever comes in has passed {@link Admission}; whatever ends a request ends here, so that nothing
 * is kept.
 */
final class Batch {
  private final Config config;
  private final int rows;
  private final Monitors monitors;
  private final Admission admission;
  private final Branches branches;

  private final List<Sequence> running = new ArrayList<>();
  private final Sequence[] places;
  private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
  private final ArrayDeque<Integer> freeRows = new ArrayDeque<>();

  Batch(
      Config config,
      Sequences sequences,
      KvPages pages,
      Prefixes prefixes,
      LookAhead lookAhead,
      int rows,
      int slots,
      Monitors monitors) {
    this.config = config;
    this.rows = rows;
    this.monitors = monitors;
    admission = new Admission(this, config, sequences, pages, prefixes, lookAhead, rows, monitors);
    int more = Branches.places(slots);
    branches = new Branches(this, sequences, slots, more, monitors);
    places = new Sequence[slots + more];
    for (int i = 0; i < rows; i++) {
      freeRows.add(i);
    }
    for (int i = 0; i < slots; i++) {
      freeSlots.add(i);
    }
  }

  /** The way in, and the memory of those who are in. */
  Admission admission() {
    return admission;
  }

  /** Second continuations. */
  Branches branches() {
    return branches;
  }

  boolean hasPlace() {
    return !freeSlots.isEmpty();
  }

  int takePlace() {
    return freeSlots.remove();
  }

  /** A sequence with a place of its own is in work. */
  void enter(Sequence sequence) {
    places[sequence.slot] = sequence;
    running.add(sequence);
  }

  /** Who has a place on the device; null for nobody. */
  void stands(int place, Sequence sequence) {
    places[place] = sequence;
  }

  /** In the order of admission. */
  List<Sequence> running() {
    return running;
  }

  /** The sequence of a lane that is in work. */
  Sequence of(Lane lane) {
    return places[lane.slot];
  }

  /** Opens the next position of a prompt. */
  Lane openPrompt(Sequence sequence) {
    Lane lane = sequence.openPrompt(takeRow());
    if (lane.endsPrompt() && !sequence.again()) {
      monitors.prompted(
          new Monitor.Prompt(sequence.slot, lane.position + 1, sequence.answer.cachedTokens()));
    }
    return lane;
  }

  int freeRows() {
    return freeRows.size();
  }

  int takeRow() {
    return freeRows.remove();
  }

  void freeRow(int row) {
    freeRows.add(row);
  }

  /** The row in which a wave's next position was to open serves others. */
  void freeInherited(Wave wave) {
    if (wave.inherits()) {
      freeRow(wave.takeInheritedRow());
    }
  }

  /** Whether prompts wait for rows. */
  boolean rowsAreWanted() {
    for (Sequence sequence : running) {
      if (sequence.wantsRows()) {
        return true;
      }
    }
    return false;
  }

  /** Lanes that each sequence may have: one, where prompts wait for rows. */
  int share() {
    return rowsAreWanted() ? 1 : rows / Math.max(1, running.size());
  }

  /** Lanes of all sequences, each sequence's deepest first. */
  List<Lane> lanes(Predicate<Lane> which) {
    List<Lane> found = new ArrayList<>();
    for (Sequence sequence : running) {
      for (Lane lane : sequence.lanes()) {
        if (which.test(lane)) {
          found.add(lane);
        }
      }
    }
    return found;
  }

  /** Whether any lane thinks on. */
  boolean thinks() {
    for (Sequence sequence : running) {
      for (Lane lane : sequence.lanes()) {
        if (lane.thinks()) {
          return true;
        }
      }
    }
    return false;
  }

  /** The lanes that have had enough, and so have all before them in their sequence. */
  List<Lane> leavers() {
    List<Lane> leavers = new ArrayList<>();
    for (Sequence sequence : running) {
      leavers.addAll(sequence.wave.leavers());
    }
    return leavers;
  }

  /** These lanes took a step. */
  void stepped(List<Lane> thinking) {
    for (Sequence sequence : running) {
      if (!sequence.wave.isEmpty()) {
        sequence.answer.tick(thinking.size());
      }
    }
    for (Lane lane : thinking) {
      lane.step();
      of(lane).answer.step();
    }
  }

  /** The row of a lane that leaves goes to its successor, or to whoever comes. */
  void leave(Lane lane) {
    Sequence sequence = of(lane);
    sequence.wave.leave(lane);
    monitors.left(lane);
    sequence.pages.settled(lane.position);
    int steps = config.coda() == 0 ? lane.steps() : lane.spokenSteps(); // the coda leaves keys too
    sequence.prefix.settled(steps == lane.budget);
    if (sequence.wave.isEmpty() && sequence.drafts.continues(lane.position)) {
      int token = sequence.known(lane.position + 1, Lane.SAMPLED);
      sequence.wave.leaveRow(lane, token);
    } else {
      freeRow(lane.row);
    }
  }

  /** Ends a sequence with what it has said. */
  void end(Sequence sequence, FinishReason reason) {
    drop(sequence);
    sequence.answer.finish(reason);
  }

  /** Ends a sequence that cannot go on. */
  void fail(Sequence sequence, Throwable failure) {
    drop(sequence);
    sequence.answer.fail(failure);
  }

  /** Ends the requests that nobody waits for any more. */
  void endCancelled() {
    for (Sequence sequence : those(one -> one.answer.cancelled())) {
      end(sequence, FinishReason.CANCELLED);
    }
  }

  /** Some of those in work, which may end then. */
  private List<Sequence> those(Predicate<Sequence> which) {
    List<Sequence> found = List.of(); // as in nearly every tick
    for (Sequence sequence : running) {
      if (which.test(sequence)) {
        found = found.isEmpty() ? new ArrayList<>() : found;
        found.add(sequence);
      }
    }
    return found;
  }

  /** Fails the requests whose own code threw. */
  void failBroken() {
    for (Sequence sequence : those(one -> one.failure() != null)) {
      fail(sequence, sequence.failure());
    }
  }

  /** Frees what a sequence holds, lanes opened on the guess that it goes on among it. */
  void drop(Sequence sequence) {
    if (sequence.branch() != null) {
      branches.drop(sequence);
    }
    sequence.end();
    running.remove(sequence);
    places[sequence.slot] = null;
    sequence.wave.lanes().forEach(lane -> freeRow(lane.row));
    freeInherited(sequence.wave);
    sequence.pages.release();
    sequence.prefix.release();
    freeSlots.add(sequence.slot);
  }
}
