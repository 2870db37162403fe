package muninn.batch;

/**
 * A line of a job's input.
 *
 * @param number counted from 1, blank lines included
 * @param bytes the line without its end; empty when it was too long to keep
 */
record Line(long number, byte[] bytes, boolean tooLong) {

  boolean blank() {
    if (tooLong) {
      return false;
    }
    for (byte b : bytes) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }
}
