package muninn.engine;

/**
 * How far a wave of a sequence reaches.
 *
 * @param ahead lanes one behind the other, from the first that the text waits for to its newest
 * @param lanes of the sequence from there on, those of another continuation among them
 * @param share lanes that the sequence may have; 0 where this wave is not to go on
 */
record Reach(int ahead, int lanes, int share) {

  static Reach of(Sequence sequence, Wave wave, int share) {
    Branch branch = sequence.branch();
    boolean leads = branch == null || branch.leads() == (wave == branch.wave);
    int beside = branch == null ? 0 : branch.wave.lanes().size();
    return new Reach(
        ahead(sequence, wave), ahead(sequence, sequence.wave) + beside, leads ? share : 0);
  }

  static int ahead(Sequence sequence, Wave wave) {
    if (sequence.wave.isEmpty()) {
      return 0;
    }
    int first = sequence.wave.lanes().getFirst().position;
    return Math.max(0, wave.next() - Math.max(first, sequence.lastOfPrompt));
  }
}
