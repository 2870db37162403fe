package muninn.engine;

import java.util.function.Consumer;
import muninn.engine.request.Exit;
import muninn.engine.request.Options;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.kernels.Sequences;
import muninn.model.Config;

/**
 * Takes requests into a {@link Batch} as long as there are places and pages, and sets pages aside
 * for what those in work think about next. Where memory is short the youngest is set back: it waits
 * anew, and goes on later from what it has said.
 */
final class Admission {
  private final Batch batch;
  private final Config config;
  private final Sequences sequences;
  private final KvPages pages;
  private final Prefixes prefixes;
  private final LookAhead lookAhead;
  private final int rows;
  private final Monitors monitors;
  private Consumer<Ticket> waiting;

  Admission(
      Batch batch,
      Config config,
      Sequences sequences,
      KvPages pages,
      Prefixes prefixes,
      LookAhead lookAhead,
      int rows,
      Monitors monitors) {
    this.batch = batch;
    this.config = config;
    this.sequences = sequences;
    this.pages = pages;
    this.prefixes = prefixes;
    this.lookAhead = lookAhead;
    this.rows = rows;
    this.monitors = monitors;
  }

  /** Whoever takes in requests that are set back. */
  void setBackTo(Consumer<Ticket> waiting) {
    this.waiting = waiting;
  }

  /** Where pages are. */
  Monitor.Pages pages() {
    int cached = prefixes.idlePages();
    int total = pages.total();
    return new Monitor.Pages(
        total, total - pages.unreserved(), total - pages.free() - cached, cached, pages.byDepth());
  }

  /**
   * Takes a request in; false, and nothing but branches is given up, where place or memory is
   * short.
   */
  boolean admit(Ticket ticket) {
    if (!batch.hasPlace()
        || !hasPages(ticket) && !(batch.branches().giveUp() && hasPages(ticket))) {
      return false;
    }
    Sequence sequence = sequence(ticket, batch.takePlace());
    sequence.pages.reserve(ticket.positionsAtFirst());
    batch.enter(sequence);
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
    int growth = 0;
    for (Sequence sequence : batch.running()) {
      growth += sequence.pages.growth();
    }
    return growth;
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
      if (batch.branches().giveUp()) {
        continue;
      }
      Sequence youngest =
          batch.running().reversed().stream()
              .filter(Sequence::maySetBack)
              .findFirst()
              .orElseThrow();
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
    batch.drop(sequence);
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
}
