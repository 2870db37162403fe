package muninn.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The other continuation of a position that changed its mind. What stood behind the position stays
 * where it is, in the sequence's {@link Wave}; the new continuation is a wave of its own, in a
 * place of its own on the device, which has the same parameters, tokens and keys up to the position
 * they both follow. Of the two the one that the position predicted last goes on opening positions,
 * the other only thinks on; one that it has not predicted for some questions, or not with its last
 * token, is squashed.
 */
final class Branch {
  /**
   * Questions in a row that a continuation may lose before it is given up: as many as it had steps
   * when it lost the first, since those are what is lost with it, within these bounds.
   */
  static final int LEAST_PATIENCE = 2;

  private static final int PATIENCE = 4;

  /** Whose prediction both continuations follow. */
  final Lane parent;

  /** Its place on the device. */
  final int place;

  /** What stands in that place. */
  final HeldPages pages;

  /** Its lanes, from the one behind the parent on. */
  final Wave wave = new Wave();

  /** The token that it follows the parent with. */
  final int token;

  private final Wave other;
  private final int stride;
  private int losses;
  private int otherLosses = 1;

  /**
   * @param other what stands behind the parent already
   * @param stride steps from one question to the next
   */
  Branch(Lane parent, Wave other, int stride, int place, HeldPages pages, int row, int token) {
    this.parent = parent;
    this.other = other;
    this.stride = stride;
    this.place = place;
    this.pages = pages;
    this.token = token;
    wave.skipTo(parent.position + 1);
    wave.inherit(row, token);
  }

  /**
   * The parent was asked, and predicts what this continuation was built on, or what the other was.
   */
  void asked(boolean own) {
    losses = own ? 0 : losses + 1;
    otherLosses = own ? otherLosses + 1 : 0;
  }

  /** Whether it is what the parent predicted last. */
  boolean leads() {
    return losses < otherLosses;
  }

  /** Whether it has lost too often. */
  boolean isLost() {
    return losses > patience(wave.after(parent), losses);
  }

  /** Whether the other one has. */
  boolean hasWon() {
    return otherLosses > patience(other.after(parent), otherLosses);
  }

  /**
   * Questions that what has lost so many may lose, by the steps that its first lane took before.
   */
  private int patience(Lane first, int lost) {
    int had = first == null ? 0 : first.steps() - lost * stride;
    return Math.clamp(had, LEAST_PATIENCE, PATIENCE);
  }

  /** Its lanes are no more. */
  List<Lane> squash() {
    List<Lane> all = new ArrayList<>(wave.lanes());
    all.forEach(Lane::squash);
    return all;
  }
}
