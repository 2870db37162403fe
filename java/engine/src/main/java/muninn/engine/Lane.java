package muninn.engine;

import muninn.kernels.Lanes;

/** One token position being thought about. */
final class Lane {
  final Sequence sequence;
  final int position;
  final int row;

  /** Its exit rule; null at fixed depth. */
  final ExitRule.Watch watch;

  /** Recurrence steps done. */
  int steps;

  /** Ticks for which it has had enough and waited for company to the coda. */
  int waited;

  private boolean enough;

  Lane(Sequence sequence, int position, int row) {
    this.sequence = sequence;
    this.position = position;
    this.row = row;
    watch = sequence.exits(position) ? sequence.watch() : null;
  }

  /** Its token, which the lane before it sampled in this row unless the prompt says it. */
  int token() {
    int[] prompt = sequence.request.prompt();
    return position < prompt.length ? prompt[position] : Lanes.sampledIn(row);
  }

  /** Steps to the depth that no lane goes beyond. */
  int stepsLeft() {
    return sequence.request.steps() - steps;
  }

  /** Whether it has thought enough: as deep as asked for, or as deep as its rule found. */
  boolean hasEnough() {
    return enough || stepsLeft() == 0;
  }

  void enough() {
    enough = true;
  }

  /** Whether its rule is to be asked after the step just done, and looks at this. */
  boolean asks(ExitRule.Sees sees) {
    Exit exit = sequence.request.thinking().exit();
    return watch != null && stepsLeft() > 0 && sequence.sees == sees && exit.asksAfter(steps);
  }
}
