package muninn.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The other continuation of a position that changed its mind. What stood behind the position stays
 * where it is, in the sequence's {@link Wave}; the new continuation is a wave of its own, in a
 * place of its own on the device, which has the same parameters, tokens and keys up to the position
 * they both follow. Of the two the likelier one goes on opening positions, the other only thinks
 * on; one that is hardly likely any more, or is not the position's last token, is squashed.
 */
final class Branch {
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

  private boolean leads = true;

  Branch(Lane parent, int place, HeldPages pages, int row, int token) {
    this.parent = parent;
    this.place = place;
    this.pages = pages;
    this.token = token;
    wave.skipTo(parent.position + 1);
    wave.inherit(row, token);
  }

  /** The parent was asked: this continuation is the likelier one now, or the other. */
  void leads(boolean likelier) {
    leads = likelier;
  }

  /** Whether it is likelier than the other. */
  boolean leads() {
    return leads;
  }

  /** Its lanes are no more. */
  List<Lane> squash() {
    List<Lane> all = new ArrayList<>(wave.lanes());
    all.forEach(Lane::squash);
    return all;
  }
}
