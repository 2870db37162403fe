package muninn.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import muninn.engine.request.Exit;
import muninn.engine.request.Request;
import muninn.engine.request.Thinking;

/**
 * A request in work: what its positions may do, the lanes that think about them, the KV pages they
 * hold, and the answer so far. It belongs to the engine's thread.
 */
final class Sequence {
  private final Ticket ticket;
  final Request request;
  final Answer answer;
  final Inspector inspector; // null for those who only want tokens
  final Wave wave = new Wave();

  /** Its place on the device. */
  final int slot;

  final HeldPages pages;
  final PrefixCursor prefix;
  final Drafts drafts;
  final Asking asking;

  private Branch branch; // null where it has none
  final int lastOfPrompt;
  private final Set<Integer> stopTokens;
  private final int chunk;

  private boolean waits;
  private boolean ended;
  private Throwable failure;

  /**
   * @param exit when its positions are asked whether they have thought enough
   * @param rows most lanes of the engine
   */
  Sequence(
      Ticket ticket,
      int slot,
      HeldPages pages,
      PrefixCursor prefix,
      Drafts drafts,
      Exit exit,
      int rows) {
    this.ticket = ticket;
    request = ticket.request();
    answer = ticket.answer();
    inspector = ticket.inspector();
    lastOfPrompt = ticket.lastOfPrompt();
    this.slot = slot;
    this.pages = pages;
    this.prefix = prefix;
    this.drafts = drafts;
    stopTokens = ticket.stopTokens();
    chunk = Thinking.chunk(rows);
    asking = new Asking(this, ticket.sees(), exit);
  }

  boolean prefilling() {
    return wave.next() <= lastOfPrompt;
  }

  /** Whether its prompt waits for rows. */
  boolean wantsRows() {
    return prefilling() && !waits;
  }

  /** Its prompt waits until another sequence has thought about a part of it. */
  void waits(boolean waits) {
    this.waits = waits;
  }

  /**
   * How many positions of the prompt may open now. Where they see each other's keys only as long as
   * they think together, they open in chunks of a fixed size, each after the one before has left:
   * so an answer does not depend on what else takes rows.
   */
  int openable(int freeRows) {
    if (waits) {
      return 0;
    }
    int left = lastOfPrompt + 1 - wave.next();
    if (!request.options().thinking().kv().shares() && !asking.prompt()) {
      return Math.min(left, freeRows);
    }
    int together = Math.min(left, chunk);
    return wave.isEmpty() && together <= freeRows ? together : 0;
  }

  /** Opens the next position. */
  Lane open(int row, int token) {
    return open(wave, slot, row, token);
  }

  /** Opens the next position of its branch. */
  Lane openBranch(int row, int token) {
    return open(branch.wave, branch.place, row, token);
  }

  private Lane open(Wave in, int place, int row, int token) {
    int position = in.next();
    Lane lane =
        new Lane(
            place,
            position,
            kind(position),
            row,
            token,
            request.options().steps(),
            asking.watch(position));
    in.add(lane);
    drafts.opened(in, lane, Reach.ahead(this, in));
    return lane;
  }

  /** The other continuation of one of its positions; null where there is none. */
  Branch branch() {
    return branch;
  }

  void branch(Branch other) {
    branch = other;
  }

  /** The wave that a lane is in. */
  Wave waveOf(Lane lane) {
    return lane.slot == slot ? wave : branch.wave;
  }

  /** The pages that a lane writes. */
  HeldPages pagesOf(Lane lane) {
    return lane.slot == slot ? pages : branch.pages;
  }

  /** All its lanes. */
  List<Lane> lanes() {
    if (branch == null) {
      return wave.lanes();
    }
    List<Lane> all = new ArrayList<>(wave.lanes());
    all.addAll(branch.wave.lanes());
    return all;
  }

  /** To be asked for as it was. */
  Ticket ticket() {
    return ticket;
  }

  /** Opens the next position of the prompt. */
  Lane openPrompt(int row) {
    return open(row, ticket.known()[wave.next()]);
  }

  /** The tokens of positions of the prompt. */
  int[] tokens(int from, int to) {
    return Arrays.copyOfRange(ticket.known(), from, to);
  }

  /** The token of a position: the one that was said before it was set back, or else this one. */
  int known(int position, int drawn) {
    return knows(position) ? ticket.known()[position] : drawn;
  }

  /** Whether the token of a position was known when it started. */
  boolean knows(int position) {
    return position < ticket.known().length;
  }

  /** Whether it was set back before. */
  boolean again() {
    return ticket.again();
  }

  boolean maySetBack() {
    return ticket.maySetBack();
  }

  /** To start again with what it has said. */
  Ticket setBack() {
    return ticket.again(prefix.known());
  }

  private Lane.Kind kind(int position) {
    if (position < lastOfPrompt) {
      return Lane.Kind.PROMPT;
    }
    return position == lastOfPrompt ? Lane.Kind.PROMPT_END : Lane.Kind.NEW;
  }

  /** Whether a lane starts from the latent that the one before it left in their row. */
  boolean carriesOn(Lane lane) {
    return request.options().thinking().isContinuous() && lane.inheritsLatent();
  }

  /** Whether the latent of such a lane is to become what the coda reads of it. */
  boolean norms(Lane lane) {
    return carriesOn(lane) && !request.options().thinking().handsOnState();
  }

  /** Whether a lane's prediction is wanted when it leaves. */
  boolean speaks(Lane lane) {
    return !lane.inPrompt() || isLookedAt(lane);
  }

  /** Whether a lane's prediction is wanted after every step. */
  boolean observes(Lane lane) {
    return isLookedAt(lane) && inspector.everyStep();
  }

  /** Whether somebody wants to see what a lane says. */
  boolean isLookedAt(Lane lane) {
    return inspector != null && lane.position >= inspector.looksFrom();
  }

  /** Whether this token ends the answer. */
  boolean stopsAt(int token) {
    return stopTokens.contains(token);
  }

  /** Code of the user's threw; the answer is to fail with that. */
  void fail(Throwable thrown) {
    if (failure == null) {
      failure = thrown;
    }
  }

  /** What the user's code threw; null as long as it did not. */
  Throwable failure() {
    return failure;
  }

  /** Whether its answer has ended: what is still heard of its lanes means nothing. */
  boolean ended() {
    return ended;
  }

  /** Its answer has ended: its lanes are no more. */
  void end() {
    ended = true;
    lanes().forEach(Lane::squash);
  }
}
