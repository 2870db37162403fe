package muninn.batch;

/**
 * What a run of a job did.
 *
 * @param answered lines answered by this run, errors included
 * @param earlier lines that earlier runs had answered
 * @param errors lines whose answer is an error, those of earlier runs included
 * @param blank lines with nothing on them, which have no answer
 * @param tokens new tokens of this run
 * @param stopped whether the run was stopped before the end
 */
public record Summary(
    long answered,
    long earlier,
    long errors,
    long blank,
    long tokens,
    long nanos,
    boolean stopped) {

  public double tokensPerSecond() {
    return nanos == 0 ? 0 : tokens * 1e9 / nanos;
  }
}
