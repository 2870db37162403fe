package muninn.engine;

import muninn.UserException;

/** The range of a number that somebody stated. */
final class Range {
  private Range() {}

  /** Refuses a value outside its range, NaN too; the hint completes the sentence. */
  static void check(String field, double value, double least, double most, String hint) {
    if (!(value >= least && value <= most)) {
      String range =
          most == Integer.MAX_VALUE
              ? "at least " + plain(least)
              : plain(least) + " to " + plain(most);
      throw UserException.of("%s is %s, wanted %s%s", field, plain(value), range, hint);
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.valueOf((long) value)
        : String.valueOf((float) value);
  }
}
