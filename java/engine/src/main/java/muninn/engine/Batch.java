package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import muninn.kernels.Sequences;

/**
 * The requests in work and what they hold between them: places on the device, state rows, KV pages.
 * Whatever ends a request ends here, so that nothing is kept.
 */
final class Batch {
  private final Sequences sequences;
  private final KvPages pages;
  private final DraftDepth depths;
  private final int rows;
  private final Monitors monitors;

  private final List<Sequence> running = new ArrayList<>();
  private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
  private final ArrayDeque<Integer> freeRows = new ArrayDeque<>();

  Batch(
      Sequences sequences,
      KvPages pages,
      DraftDepth depths,
      int rows,
      int slots,
      Monitors monitors) {
    this.sequences = sequences;
    this.pages = pages;
    this.depths = depths;
    this.rows = rows;
    this.monitors = monitors;
    for (int i = 0; i < rows; i++) {
      freeRows.add(i);
    }
    for (int i = 0; i < slots; i++) {
      freeSlots.add(i);
    }
  }

  /** In the order of admission. */
  List<Sequence> running() {
    return running;
  }

  /** Takes a sequence in; false, and nothing changes, where place or memory is short. */
  boolean admit(Sequence sequence) {
    if (freeSlots.isEmpty() || !pages.reserve(sequence.mostPages())) {
      return false;
    }
    sequence.admit(freeSlots.remove(), pages, sequences, depths);
    sequence.answer.starts(sequence.drafts);
    running.add(sequence);
    monitors.admitted(
        new Monitor.Admission(
            sequence.slot,
            sequence.request.prompt().length,
            sequence.request.steps(),
            sequence.answer.queuedNanos()));
    return true;
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

  /** Whether prompts wait for rows. */
  boolean rowsAreWanted() {
    return running.stream().anyMatch(Sequence::prefilling);
  }

  /** Lanes that each sequence may have: one, where prompts wait for rows. */
  int share() {
    return rowsAreWanted() ? 1 : rows / Math.max(1, running.size());
  }

  /** Lanes of all sequences, each sequence's deepest first. */
  List<Lane> lanes(Predicate<Lane> which) {
    List<Lane> found = new ArrayList<>();
    for (Sequence sequence : running) {
      for (Lane lane : sequence.wave.lanes()) {
        if (which.test(lane)) {
          found.add(lane);
        }
      }
    }
    return found;
  }

  /** The lanes that have had enough, and so have all before them in their sequence. */
  List<Lane> leavers() {
    List<Lane> leavers = new ArrayList<>();
    for (Sequence sequence : running) {
      leavers.addAll(sequence.wave.leavers());
    }
    return leavers;
  }

  /** The row of a lane that leaves goes to its successor, or to whoever comes. */
  void leave(Lane lane) {
    Sequence sequence = lane.sequence;
    sequence.wave.leave(lane);
    monitors.left(lane);
    sequence.pages.settled(lane.position);
    if (sequence.wave.isEmpty() && sequence.continues(lane.position)) {
      sequence.wave.leaveRow(lane);
    } else {
      freeRow(lane.row);
    }
  }

  /** Ends a sequence with what it has said. */
  void end(Sequence sequence, FinishReason reason) {
    sequence.answer.finish(reason); // first: should it fail, the sequence is still there to tell
    drop(sequence);
  }

  void fail(Sequence sequence, RuntimeException failure) {
    drop(sequence);
    sequence.answer.fail(failure);
  }

  /** Fails those whose exit rules threw. */
  void failBroken() {
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
    sequence.wave.lanes().forEach(lane -> freeRow(lane.row));
    if (sequence.wave.inherits()) {
      freeRow(sequence.wave.takeInheritedRow());
    }
    sequence.pages.release();
    freeSlots.add(sequence.slot);
  }
}
