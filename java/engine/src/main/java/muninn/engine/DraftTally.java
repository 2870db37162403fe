package muninn.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Completion.Rate;

/** What became of the guesses of one sequence, and how many of them may be expected to be right. */
final class DraftTally {
  /** What acceptance is taken to be before anything was seen, and how many guesses that weighs. */
  private static final double PRIOR = 0.9;

  private static final int PRIOR_WEIGHT = 8;

  private final boolean approximate;
  private final Map<Integer, int[]> byDepth = new TreeMap<>(); // steps → right, of
  private final List<int[]> byPlace = new ArrayList<>(); // lanes ahead when opened → right, of
  private int opened;
  private int squashed;
  private int kept;
  private int wrong;

  /**
   * @param approximate whether the text may be another one than plain decoding's
   */
  DraftTally(boolean approximate) {
    this.approximate = approximate;
  }

  /** A lane was opened on a guess. */
  void opened() {
    opened++;
  }

  /** A lane's last token is known, and so which of its guesses were right. */
  void settled(Map<Integer, Integer> guesses, int token) {
    guesses.forEach(
        (steps, guess) -> count(byDepth.computeIfAbsent(steps, _ -> new int[2]), guess == token));
  }

  /** A lane was right to be opened on a guess. */
  void right(Lane lane) {
    count(place(lane), true);
    kept++;
  }

  /**
   * A lane was wrong to be.
   *
   * @param lanes that are thrown away for it, itself included
   */
  void wrong(Lane lane, int lanes) {
    count(place(lane), false);
    wrong++;
    squashed += lanes;
  }

  /** The share of guesses that turn out right. */
  double acceptance() {
    return (kept + PRIOR * PRIOR_WEIGHT) / (kept + wrong + PRIOR_WEIGHT);
  }

  private int[] place(Lane lane) {
    while (byPlace.size() < lane.ahead()) {
      byPlace.add(new int[2]);
    }
    return byPlace.get(lane.ahead() - 1);
  }

  private static void count(int[] rate, boolean right) {
    rate[0] += right ? 1 : 0;
    rate[1]++;
  }

  int openedSoFar() {
    return opened;
  }

  int squashedSoFar() {
    return squashed;
  }

  Completion.Speculated report() {
    Map<Integer, Rate> depthRates = new TreeMap<>();
    byDepth.forEach((steps, rate) -> depthRates.put(steps, new Rate(rate[0], rate[1])));
    List<Rate> placeRates = byPlace.stream().map(rate -> new Rate(rate[0], rate[1])).toList();
    return new Completion.Speculated(approximate, opened, squashed, depthRates, placeRates);
  }
}
