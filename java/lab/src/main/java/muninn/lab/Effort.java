package muninn.lab;

import java.time.Duration;

/**
 * How much time a measurement gets.
 *
 * @param rounds of which the median is taken
 * @param warmUp least time of running it before the first round, so that code is compiled, clocks
 *     are up and graphs are recorded
 * @param round least time of a round
 * @param most time after which no further round begins
 */
public record Effort(int rounds, Duration warmUp, Duration round, Duration most) {
  private static final int ENGINE = 10;

  public static final Effort FULL =
      new Effort(7, Duration.ofMillis(250), Duration.ofMillis(25), Duration.ofSeconds(8));

  public static final Effort QUICK =
      new Effort(3, Duration.ofMillis(60), Duration.ofMillis(8), Duration.ofSeconds(2));

  /** Time for the code of a whole engine to be compiled, which takes longer than for one call. */
  public Duration engineWarmUp() {
    return warmUp.multipliedBy(ENGINE);
  }

  /** The same with another number of rounds. */
  public Effort withRounds(int rounds) {
    return new Effort(rounds, warmUp, round, most);
  }
}
