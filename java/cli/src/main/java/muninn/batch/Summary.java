package muninn.batch;

/**
 * What a run of a job did.
 *
 * @param answered lines answered by this run, errors included
 * @param earlier lines that earlier runs had answered
 * @param errors lines whose answer is an error, those of earlier runs included
 * @param firstError of this run: the line and what is wrong with it; empty where there was none, or
 *     one in an earlier run
 * @param blank lines with nothing on them, which have no answer
 * @param tokens new tokens of this run
 * @param stopped whether the run ended before all lines were answered
 */
public record Summary(
    long answered,
    long earlier,
    long errors,
    String firstError,
    long blank,
    long tokens,
    long nanos,
    boolean stopped) {

  /** Whether there were lines, and every one of them failed. */
  public boolean allFailed() {
    return errors > 0 && errors == answered + earlier;
  }

  public double tokensPerSecond() {
    return nanos == 0 ? 0 : tokens * 1e9 / nanos;
  }
}
