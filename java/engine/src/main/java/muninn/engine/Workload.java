package muninn.engine;

import java.util.List;

/**
 * What else is in work, for whoever asks how many lanes a sequence should have.
 *
 * @param guessing sequences that decide by themselves how far they guess ahead, at least 1
 * @param others lanes of all other sequences
 * @param share lanes that each sequence may have at most
 */
record Workload(int guessing, int others, int share) {

  static Workload of(List<Sequence> running, int share) {
    int guessing = 0;
    int others = 0;
    for (Sequence sequence : running) {
      if (sequence.drafts.decides() && !sequence.prefilling()) {
        guessing++;
      } else {
        others += sequence.lanes().size();
      }
    }
    return new Workload(Math.max(1, guessing), others, share);
  }
}
