package muninn.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Which positions open in a tick, and in which rows: successors first, each in the row it inherits;
 * then prompts, oldest first, in the rows left over; then positions whose tokens are guesses. Where
 * memory is short for a successor the youngest sequences are set back; guesses do without. A prompt
 * that waits for rows lets no younger one take them; one that waits for what another prompt will
 * leave to it takes none.
 */
final class Opening {
  private Opening() {}

  /** Opens what may open; answers with the new lanes. */
  static List<Lane> open(Batch batch) {
    List<Lane> opened = new ArrayList<>();
    successors(batch, opened);
    prompts(batch, opened);
    guesses(batch, opened);
    return opened;
  }

  private static void successors(Batch batch, List<Lane> opened) {
    for (Sequence sequence : List.copyOf(batch.running())) {
      Wave wave = sequence.wave;
      if (!sequence.ended() && wave.inherits() && batch.admission().makeRoom(sequence)) {
        Lane lane = sequence.open(wave.takeInheritedRow(), wave.inheritedToken());
        if (wave.inheritsLatent()) {
          lane.inheritLatent();
        }
        opened.add(lane);
      }
      Branch branch = sequence.branch();
      if (!sequence.ended() && branch != null && branch.wave.inherits()) {
        int token = branch.wave.inheritedToken();
        opened.add(sequence.openBranch(branch.wave.takeInheritedRow(), token));
      }
    }
  }

  private static void prompts(Batch batch, List<Lane> opened) {
    for (Sequence sequence : batch.running()) {
      if (sequence.prefilling() && sequence.wave.isEmpty()) {
        batch.admission().findPrefix(sequence);
        sequence.waits(Prefixes.waits(sequence, batch.running()));
      }
      for (int n = sequence.openable(batch.freeRows()); n > 0; n--) {
        opened.add(batch.openPrompt(sequence));
      }
      if (sequence.wantsRows() && sequence.wave.isEmpty()) {
        return;
      }
    }
  }

  private static void guesses(Batch batch, List<Lane> opened) {
    int share = batch.share();
    for (Sequence sequence : batch.running()) {
      Wave wave = sequence.wave;
      Drafts drafts = sequence.drafts;
      if (drafts.mayOpen(wave, Reach.of(sequence, wave, share))
          && batch.freeRows() > 0
          && batch.admission().hasRoom(sequence)) {
        opened.add(sequence.open(batch.takeRow(), wave.guess()));
      }
      Branch branch = sequence.branch();
      if (branch != null
          && drafts.mayOpen(branch.wave, Reach.of(sequence, branch.wave, share))
          && batch.freeRows() > 0
          && batch.branches().hasRoom(branch)) {
        opened.add(sequence.openBranch(batch.takeRow(), branch.wave.guess()));
      }
      drafts.openedAll(wave);
    }
  }
}
