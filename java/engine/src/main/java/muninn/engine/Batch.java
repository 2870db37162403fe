package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import muninn.kernels.Sequences;
import muninn.model.Config;

/**
 * The requests in work and what they hold between them: places on the device, state rows, KV pages.
 * Whatever ends a request ends here, so that nothing is kept.
 */
final class Batch {
  private final Config config;
  private final Sequences sequences;
  private final KvPages pages;
  private final Prefixes prefixes;
  private final DraftDepth depths;
  private final int rows;
  private final Monitors monitors;

  private final List<Sequence> running = new ArrayList<>();
  private final Sequence[] places;
  private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
  private final ArrayDeque<Integer> freeRows = new ArrayDeque<>();

  Batch(
      Config config,
      Sequences sequences,
      KvPages pages,
      Prefixes prefixes,
      DraftDepth depths,
      int rows,
      int slots,
      Monitors monitors) {
    this.config = config;
    this.sequences = sequences;
    this.pages = pages;
    this.prefixes = prefixes;
    this.depths = depths;
    this.rows = rows;
    this.monitors = monitors;
    places = new Sequence[slots];
    for (int i = 0; i < rows; i++) {
      freeRows.add(i);
    }
    for (int i = 0; i < slots; i++) {
      freeSlots.add(i);
    }
  }

  /** Where pages are. */
  Monitor.Pages pages() {
    int cached = prefixes.idlePages();
    return new Monitor.Pages(pages.total(), pages.total() - pages.free() - cached, cached);
  }

  /** In the order of admission. */
  List<Sequence> running() {
    return running;
  }

  /** The sequence of a lane that is in work. */
  Sequence of(Lane lane) {
    return places[lane.slot];
  }

  /** Takes a request in; false, and nothing changes, where place or memory is short. */
  boolean admit(Ticket ticket) {
    if (freeSlots.isEmpty() || !pages.reserve(ticket.mostPages())) {
      return false;
    }
    Sequence sequence = sequence(ticket, freeSlots.remove());
    places[sequence.slot] = sequence;
    running.add(sequence);
    monitors.admitted(
        new Monitor.Admission(
            sequence.slot,
            sequence.request.prompt().length,
            sequence.request.options().steps(),
            sequence.answer.queuedNanos()));
    return true;
  }

  private Sequence sequence(Ticket ticket, int slot) {
    Options options = ticket.request().options();
    Thinking thinking = options.thinking();
    Speculation mode = thinking.speculation();
    int depth = mode.draft() == Speculation.AUTO ? depths.best(options.steps()) : mode.draft();
    DraftTally tally = new DraftTally(thinking.whyApproximate().isPresent());
    Drafts drafts =
        new Drafts(mode, depth, depths, ticket.lastOfPrompt(), ticket.positions(), tally);
    Exit exit = drafts.freezes() ? new Exit(mode.freeze(), depth, depth, false) : thinking.exit();
    HeldPages held =
        new HeldPages(
            config,
            thinking.kv(),
            options.steps(),
            ticket.positions(),
            pages,
            (kvSlot, chunk, page) -> sequences.map(slot, kvSlot, chunk, page));
    sequences.open(
        slot,
        options
            .sampling()
            .told(options.initScale(), options.logProbs(), ticket.request().prompt().length));
    ticket.answer().starts(tally);
    PrefixCursor prefix = prefixes.open(ticket, held);
    return new Sequence(ticket, slot, held, prefix, drafts, exit, rows);
  }

  /** Takes over what others have thought about the positions that a prompt is to open next. */
  void findPrefix(Sequence sequence) {
    int from = sequence.wave.next();
    int to = sequence.prefix.find(from);
    if (to == from) {
      return;
    }
    Options options = sequence.request.options();
    int deepest = options.thinking().kv().groups(options.steps()) - 1;
    int[] found = Arrays.copyOfRange(sequence.request.prompt(), from, to);
    sequences.restore(sequence.slot, from, found, deepest);
    sequence.wave.skipTo(to);
    sequence.answer.found(to - from);
  }

  /** Opens the next position of a prompt. */
  Lane openPrompt(Sequence sequence) {
    Lane lane = sequence.openPrompt(takeRow());
    if (lane.endsPrompt()) {
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

  /** Whether prompts wait for rows. */
  boolean rowsAreWanted() {
    return running.stream().anyMatch(Sequence::wantsRows);
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
      sequence.wave.leaveRow(lane);
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

  /** Fails the requests whose own code threw. */
  void failBroken() {
    for (Sequence sequence : List.copyOf(running)) {
      if (sequence.failure() != null) {
        fail(sequence, sequence.failure());
      }
    }
  }

  /** Frees what a sequence holds, lanes opened on the guess that it goes on among it. */
  private void drop(Sequence sequence) {
    sequence.end();
    running.remove(sequence);
    places[sequence.slot] = null;
    sequence.wave.lanes().forEach(lane -> freeRow(lane.row));
    if (sequence.wave.inherits()) {
      freeRow(sequence.wave.takeInheritedRow());
    }
    sequence.pages.release();
    sequence.prefix.release();
    freeSlots.add(sequence.slot);
  }
}
