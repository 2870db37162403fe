package muninn.engine;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import muninn.engine.request.Thinking;
import muninn.kernels.Sequences;

/**
 * The second continuations in a batch: where they stand on the device, and how one begins, takes
 * the place of the first, or ends. They have the rows and pages that nobody else wants, and are the
 * first to give them up.
 */
final class Branches {
  /** Most of them at once, and at most one a sequence. */
  private static final int MOST = 8;

  private final Batch batch;
  private final Sequences sequences;
  private final Monitors monitors;
  private final ArrayDeque<Integer> places = new ArrayDeque<>();

  /**
   * @param first of the places on the device that are theirs
   * @param count of these
   */
  Branches(Batch batch, Sequences sequences, int first, int count, Monitors monitors) {
    this.batch = batch;
    this.sequences = sequences;
    this.monitors = monitors;
    for (int i = 0; i < count; i++) {
      places.add(first + i);
    }
  }

  /** Places on the device for the branches of so many sequences. */
  static int places(int sequences) {
    return Math.min(sequences, MOST);
  }

  /**
   * A lane takes back what it predicted, and others are built on that: what it predicts now is
   * followed beside them. False, and nothing changes, where there is no room for it.
   */
  boolean open(Sequence sequence, Lane parent, int token) {
    Reach now = Reach.of(sequence, sequence.wave, batch.share());
    if (sequence.branch() != null
        || lacksCoda(sequence, parent)
        || !isExact(sequence)
        || !sequence.drafts.mayBranch(sequence.wave, now)
        || places.isEmpty()
        || batch.freeRows() == 0) {
      return false;
    }
    int place = places.peek();
    int position = parent.position + 1;
    HeldPages pages =
        sequence.pages.branch(
            position, (slot, chunk, page) -> sequences.map(place, slot, chunk, page));
    if (!pages.reserve(position + 1)) {
      sequence.pages.endBranch();
      return false;
    }
    places.remove();
    batch.stands(place, sequence);
    sequences.open(place, sequence.ticket().parameters());
    sequences.restore(place, 0, tokensUpTo(sequence, parent), sequence.ticket().deepest());
    sequence.branch(new Branch(parent, place, pages, batch.takeRow(), token));
    judge(sequence);
    return true;
  }

  /** Whether each position's keys are its own, and all are there, as deep as a branch may read. */
  private static boolean isExact(Sequence sequence) {
    Thinking thinking = sequence.request.options().thinking();
    return thinking.thinksAsPrompt() && thinking.rule() == null;
  }

  /** Whether keys that a branch would copy have yet to be written where they are copied from. */
  private static boolean lacksCoda(Sequence sequence, Lane parent) {
    return parent.lacksCoda() || sequence.wave.before(parent).stream().anyMatch(Lane::lacksCoda);
  }

  /** The tokens of all positions up to one that has a lane. */
  private static int[] tokensUpTo(Sequence sequence, Lane last) {
    int[] known = sequence.prefix.known();
    int[] tokens = Arrays.copyOf(known, last.position + 1);
    for (Lane lane : sequence.wave.lanes()) {
      if (lane.position >= known.length && lane.position <= last.position) {
        tokens[lane.position] = lane.token;
      }
    }
    return tokens;
  }

  /** The parent of a sequence's branch was asked: who leads may have changed. */
  void judge(Sequence sequence) {
    Branch branch = sequence.branch();
    int first = sequence.wave.after(branch.parent).token;
    branch.leads(!sequence.drafts.isLikelier(branch.parent, first, branch.token));
  }

  /** Whether there is memory for a branch's next position, which is set aside then. */
  boolean hasRoom(Branch branch) {
    return branch.pages.reserve(branch.wave.next() + 1);
  }

  /** A sequence goes on with its branch, and with nothing else that stood behind its parent. */
  void take(Sequence sequence) {
    Branch branch = sequence.branch();
    Wave wave = sequence.wave;
    lose(sequence, wave.squashAfter(branch.parent));
    batch.freeInherited(wave);
    List<Lane> lanes = branch.wave.lanes();
    if (!lanes.isEmpty()) {
      int[] tokens = lanes.stream().mapToInt(lane -> lane.token).toArray();
      sequences.restore(
          sequence.slot, branch.parent.position + 1, tokens, sequence.ticket().deepest());
    }
    wave.takeFrom(branch.wave, sequence.slot);
    sequence.pages.takeBranch();
    free(sequence, branch);
  }

  /** A sequence goes on without its branch. */
  void drop(Sequence sequence) {
    Branch branch = sequence.branch();
    lose(sequence, branch.squash());
    batch.freeInherited(branch.wave);
    sequence.pages.endBranch();
    free(sequence, branch);
  }

  private void lose(Sequence sequence, List<Lane> squashed) {
    if (!squashed.isEmpty()) {
      sequence.drafts.lost(squashed);
      monitors.squashed(squashed);
      squashed.forEach(lane -> batch.freeRow(lane.row));
    }
  }

  private void free(Sequence sequence, Branch branch) {
    batch.stands(branch.place, null);
    places.add(branch.place);
    sequence.branch(null);
  }

  /** Somebody needs what branches hold: what leads goes on. False where there is none. */
  boolean giveUp() {
    boolean any = false;
    for (Sequence sequence : batch.running()) {
      if (sequence.branch() != null) {
        any = true;
        keepLeader(sequence);
      }
    }
    return any;
  }

  /** A sequence goes on with the likelier continuation of its branch's parent. */
  void keepLeader(Sequence sequence) {
    if (sequence.branch().leads()) {
      take(sequence);
    } else {
      drop(sequence);
    }
  }
}
