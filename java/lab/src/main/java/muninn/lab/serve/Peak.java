package muninn.lab.serve;

import java.util.List;

/**
 * The fullest second, by the clock from the first request on.
 *
 * @param tokens that came in one
 * @param requests that were open in one, for however short a part of it
 */
record Peak(double tokens, int requests) {

  static Peak of(List<Heard> answers) {
    if (answers.isEmpty()) {
      return new Peak(0, 0);
    }
    long start = answers.stream().mapToLong(Heard::sent).min().orElseThrow();
    long end = answers.stream().mapToLong(answer -> answer.events().getLast()).max().orElseThrow();
    int[] tokens = new int[second(end, start) + 1];
    int[] open = new int[tokens.length];
    for (Heard answer : answers) {
      answer.events().forEach(at -> tokens[second(at, start)]++);
      for (int i = second(answer.sent(), start);
          i <= second(answer.events().getLast(), start);
          i++) {
        open[i]++;
      }
    }
    int most = 0;
    int fullest = 0;
    for (int i = 0; i < tokens.length; i++) {
      most = Math.max(most, tokens[i]);
      fullest = Math.max(fullest, open[i]);
    }
    return new Peak(most, fullest);
  }

  private static int second(long at, long start) {
    return (int) ((at - start) / 1_000_000_000L);
  }
}
