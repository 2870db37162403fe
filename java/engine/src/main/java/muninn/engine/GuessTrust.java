package muninn.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How likely a token that a position has guessed is its last word: learnt by the steps of the last
 * question, by how often the token was the answer, and by how many questions ago. A guess that
 * comes back again and again may be likelier than the newest. Where little was seen the newest is
 * taken to be likely, so that it is tried; what was long ago is forgotten.
 */
final class GuessTrust {
  private static final double NEWEST = 0.9;
  private static final double OLDER = 0.3;
  private static final double FORGET = 0.98; // at each lane that was in the same situation
  private static final int STEPS = 8; // and all from there on
  private static final int SINCE = 4;
  private static final int TIMES = 4;

  private final double[][] right = new double[STEPS + 1][(SINCE + 1) * (TIMES + 1)];
  private final double[][] all = new double[STEPS + 1][(SINCE + 1) * (TIMES + 1)];

  /** Of a token that a lane has guessed; 1 where it was not asked yet. */
  double of(Lane lane, int token) {
    if (token < 0 || lane.guesses.isEmpty()) {
      return 1;
    }
    int steps = Math.min(STEPS, lane.guesses.lastKey());
    int situation = situation(lane.guesses.values(), token);
    double before = situation <= TIMES ? NEWEST : OLDER;
    return (right[steps][situation] + before) / (all[steps][situation] + 1);
  }

  private static int situation(Collection<Integer> answers, int token) {
    int since = 0;
    int times = 0;
    for (int answer : answers) {
      since = answer == token ? 0 : since + 1;
      times += answer == token ? 1 : 0;
    }
    return Math.min(SINCE, since) * (TIMES + 1) + Math.min(TIMES, times);
  }

  /** A lane's last word is known. */
  void learn(Lane lane, int token) {
    List<Integer> answers = new ArrayList<>();
    Set<Integer> guessed = new HashSet<>();
    for (Map.Entry<Integer, Integer> asked : lane.guesses.entrySet()) {
      int steps = Math.min(STEPS, asked.getKey());
      answers.add(asked.getValue());
      guessed.add(asked.getValue());
      for (int guess : guessed) {
        int situation = situation(answers, guess);
        right[steps][situation] = FORGET * right[steps][situation] + (guess == token ? 1 : 0);
        all[steps][situation] = FORGET * all[steps][situation] + 1;
      }
    }
  }
}
