package muninn.engine;

import muninn.kernels.Lanes;

/** One token position being thought about. */
final class Lane {
  final Sequence sequence;
  final int position;
  final int row;
  final int token;

  /** Its exit rule; null at fixed depth. */
  final ExitRule.Watch watch;

  /** Recurrence steps done. */
  int steps;

  /** Ticks for which it has had enough and waited for company to the coda. */
  int waited;

  private boolean enough;

  /**
   * @param token its id, or {@link Lanes#sampledIn}
   */
  Lane(Sequence sequence, int position, int row, int token) {
    this.sequence = sequence;
    this.position = position;
    this.row = row;
    this.token = token;
    watch = sequence.exits(position) ? sequence.watch() : null;
  }

  /** Adds it to a table of a pass that has no steps. */
  void addTo(Lanes table) {
    table.add(row, sequence.slot, position, 0, token);
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
