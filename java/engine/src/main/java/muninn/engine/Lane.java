package muninn.engine;

/** One token position being thought about. */
final class Lane {
  final Sequence sequence;
  final int position;
  final int row;

  /** Recurrence steps done. */
  int steps;

  Lane(Sequence sequence, int position, int row) {
    this.sequence = sequence;
    this.position = position;
    this.row = row;
  }

  boolean deepEnough() {
    return steps == sequence.request.steps();
  }
}
