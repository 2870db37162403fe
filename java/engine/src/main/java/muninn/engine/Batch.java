package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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
  private final LookAhead lookAhead;
  private final int rows;
  private final Monitors monitors;
  private final Branches branches;

  private final List<Sequence> running = new ArrayList<>();
  private final Sequence[] places;
  private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
  private final ArrayDeque<Integer> freeRows = new ArrayDeque<>();
  private Consumer<Ticket> waiting;

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
    this.sequences = sequences;
    this.pages = pages;
    this.prefixes = prefixes;
    this.lookAhead = lookAhead;
    this.rows = rows;
    this.monitors = monitors;
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

  /** Second continuations. */
  Branches branches() {
    return branches;
  }

  /** Who has a place on the device; null for nobody. */
  void stands(int place, Sequence sequence) {
    places[place] = sequence;
  }

  /** Where pages are. */
  Monitor.Pages pages() {
    int cached = prefixes.idlePages();
    int total = pages.total();
    return new Monitor.Pages(
        total, total - pages.unreserved(), total - pages.free() - cached, cached, pages.byDepth());
  }

  /** In the order of admission. */
  List<Sequence> running() {
    return running;
  }

  /** The sequence of a lane that is in work. */
  Sequence of(Lane lane) {
    return places[lane.slot];
  }

  /** Whoever takes in requests that are set back. */
  void setBackTo(Consumer<Ticket> waiting) {
    this.waiting = waiting;
  }

  /**
   * Takes a request in; false, and nothing but branches is given up, where place or memory is
   * short.
   */
  boolean admit(Ticket ticket) {
    if (freeSlots.isEmpty() || !hasPages(ticket) && !(branches.giveUp() && hasPages(ticket))) {
      return false;
    }
    Sequence sequence = sequence(ticket, freeSlots.remove());
    sequence.pages.reserve(ticket.positionsAtFirst());
    places[sequence.slot] = sequence;
    running.add(sequence);
    findPrefix(sequence);
    if (ticket.again()) {
      return true;
    }
    monitors.admitted(
        new Monitor.Admission(
            sequence.slot,
            sequence.request.prompt().length,
            sequence.request.options().steps(),
            sequence.answer.queuedNanos()));
    return true;
  }

  /**
   * Whether there is memory for what a request begins with, and for what those in work will want
   * next.
   */
  private boolean hasPages(Ticket ticket) {
    return pages.unreserved() >= ticket.pagesAtFirst(config) + growth();
  }

  private int growth() {
    return running.stream().mapToInt(sequence -> sequence.pages.growth()).sum();
  }

  /** Whether there is memory for a sequence's next position, which is set aside then. */
  boolean hasRoom(Sequence sequence) {
    return sequence.pages.reserve(sequence.wave.next() + 1);
  }

  /**
   * Sets memory aside for a sequence's next position, be it at the cost of the youngest ones; false
   * where it is the youngest, and set back.
   */
  boolean makeRoom(Sequence sequence) {
    while (!hasRoom(sequence)) {
      if (branches.giveUp()) {
        continue;
      }
      Sequence youngest =
          running.reversed().stream().filter(Sequence::maySetBack).findFirst().orElseThrow();
      setBack(youngest);
      if (youngest == sequence) {
        return false;
      }
    }
    return true;
  }

  /** Has a sequence wait for its place anew; what it has said stands, what it holds is free. */
  private void setBack(Sequence sequence) {
    Ticket ticket = sequence.setBack();
    drop(sequence);
    monitors.setBack(new Monitor.SetBack(sequence.slot, ticket.known().length));
    waiting.accept(ticket);
  }

  private Sequence sequence(Ticket ticket, int slot) {
    Options options = ticket.request().options();
    Thinking thinking = options.thinking();
    Speculation mode = thinking.speculation();
    DraftTally tally = ticket.answer().starts(thinking.whyApproximate().isPresent());
    Drafts drafts =
        new Drafts(
            mode, lookAhead, options.steps(), ticket.lastOfPrompt(), ticket.positions(), tally);
    Exit exit =
        drafts.freezes()
            ? new Exit(mode.freeze(), drafts.depth(), drafts.depth(), false)
            : thinking.exit();
    HeldPages held =
        new HeldPages(
            config,
            thinking.kv(),
            options.steps(),
            ticket.positions(),
            pages,
            (kvSlot, chunk, page) -> sequences.map(slot, kvSlot, chunk, page));
    PrefixCursor prefix = prefixes.open(ticket, held);
    Sequence sequence = new Sequence(ticket, slot, held, prefix, drafts, exit, rows);
    sequences.open(slot, ticket.parameters());
    return sequence;
  }

  /** Takes over what others have thought about the positions that a prompt is to open next. */
  void findPrefix(Sequence sequence) {
    int from = sequence.wave.next();
    int to = sequence.prefix.find(from);
    if (to == from) {
      return;
    }
    sequences.restore(sequence.slot, from, sequence.tokens(from, to), sequence.ticket().deepest());
    sequence.wave.skipTo(to);
    if (!sequence.again()) {
      sequence.answer.found(to - from);
    }
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
      for (Lane lane : sequence.lanes()) {
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
