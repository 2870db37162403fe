package muninn.kernels.cuda;

/**
 * What the positions of one sequence appended.
 *
 * @param heads K, of keys and values
 * @param sharing heads of queries for each of them
 * @param deepest the last group that each position reached
 * @param keys by group and position, {@code [K · D]}
 * @param values the same
 */
record Appended(
    int heads, int sharing, int width, int[] deepest, float[][][] keys, float[][][] values) {

  /** A lane to ask with: {@code query [H · D]}. */
  record Asking(int position, int group, float[] query) {}

  /** H · D. */
  int queries() {
    return heads * sharing * width;
  }

  /** The same with a head of keys and values of its own for each of queries. */
  Appended repeated() {
    return new Appended(heads * sharing, 1, width, deepest, repeated(keys), repeated(values));
  }

  private float[][][] repeated(float[][][] rows) {
    float[][][] all = new float[rows.length][positions()][queries()];
    for (int group = 0; group < rows.length; group++) {
      for (int p = 0; p < positions(); p++) {
        for (int head = 0; head < heads * sharing; head++) {
          int from = head / sharing * width;
          System.arraycopy(rows[group][p], from, all[group][p], head * width, width);
        }
      }
    }
    return all;
  }

  int positions() {
    return deepest.length;
  }

  int groups() {
    return keys.length;
  }
}
