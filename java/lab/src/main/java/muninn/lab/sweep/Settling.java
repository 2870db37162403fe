package muninn.lab.sweep;

import java.util.List;
import java.util.Optional;

/**
 * How a model's predictions settle with depth, as positions of plain answers showed it after every
 * step: how often a guess would have been right, greedy and drawn, and what follows for the depths
 * at which to guess.
 *
 * @param temperature of the answers, which were drawn at it; 0 is greedy
 * @param heat temperature of the distributions that are compared: the same, or 1 of greedy answers
 * @param passCost of a pass of prelude, coda and head, in steps of the core
 * @param foresight what the best way of guessing could come to
 * @param depths from the first step to the last, which is right by definition
 */
public record Settling(
    float temperature, float heat, double passCost, Foresight foresight, List<Depth> depths) {

  public Settling {
    depths = List.copyOf(depths);
  }

  /**
   * What would have become of guesses after so many steps, in the mean over positions.
   *
   * @param positions that were watched
   * @param same whose most probable token was that of full depth
   * @param rejection share that rejection sampling accepts: 1 − TV to full depth's distribution
   * @param shared share that noise accepts which belongs to the position, as it does here, so that
   *     a seed's text is the same with guesses and without
   * @param ranked the same of another coupling: one number, along tokens by their probability
   * @param promised least that shared noise accepts of distributions so far apart
   */
  public record Depth(
      int steps,
      int positions,
      double same,
      double rejection,
      double shared,
      double ranked,
      double promised) {}

  /** Steps of the answers. */
  public int steps() {
    return depths.size();
  }

  /** Whether any position was watched. */
  boolean knows() {
    return !depths.isEmpty() && depths.getFirst().positions > 0;
  }

  /** The share of wrong guesses after so many steps, of drawn or greedy ones as answers were. */
  double wrong(int steps) {
    Depth depth = depths.get(steps - 1);
    return 1 - (temperature == 0 ? depth.same : depth.shared);
  }

  /** How that falls with depth; empty where too few guesses were wrong to tell. */
  Optional<DepthLaw> law() {
    return DepthLaw.fit(depths.stream().mapToDouble(depth -> wrong(depth.steps)).toArray());
  }

  /** The depths to guess at, by what was counted; empty where there is one step only. */
  Optional<DepthLaw.Depths> best() {
    return steps() < 2
        ? Optional.empty()
        : Optional.of(DepthLaw.Depths.best(this::wrong, steps(), passCost));
  }

  /** The same by the law. */
  Optional<DepthLaw.Depths> lawful() {
    return steps() < 2 ? Optional.empty() : law().map(law -> law.propose(steps(), passCost));
  }

  /** What a token costs at the best depths, in steps of the core. */
  Optional<Double> cost() {
    return best().map(depths -> depths.cost(this::wrong, steps(), passCost));
  }
}
