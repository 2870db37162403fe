package muninn.cli.args;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Which of some names somebody may have meant who typed another one. */
public final class Similar {
  private static final int MOST = 3;

  private Similar() {}

  /**
   * Completes a message: ": did you mean --seed?", or nothing where no name is near. Near are those
   * that go on from what was typed or, where none does, those with few other letters.
   */
  public static String hint(String typed, Collection<String> names) {
    boolean some = names.stream().anyMatch(name -> goesOn(typed, name));
    List<String> near =
        names.stream()
            .filter(
                name ->
                    some
                        ? goesOn(typed, name)
                        : distance(typed, name) <= Math.max(1, typed.length() / 3))
            .sorted(Comparator.comparingInt(name -> distance(typed, name)))
            .limit(MOST)
            .toList();
    return near.isEmpty() ? "" : ": did you mean " + String.join(" or ", near) + "?";
  }

  private static boolean goesOn(String typed, String name) {
    return typed.chars().filter(Character::isLetter).count() > 1 && name.startsWith(typed);
  }

  /** Letters to insert, to leave out, to replace, or neighbours to swap. */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        cost[i][j] = i == 0 ? j : j == 0 ? i : step(cost, a, b, i, j);
      }
    }
    return cost[a.length()][b.length()];
  }

  private static int step(int[][] cost, String a, String b, int i, int j) {
    boolean same = a.charAt(i - 1) == b.charAt(j - 1);
    int least =
        Math.min(cost[i - 1][j - 1] + (same ? 0 : 1), 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(least, 1 + cost[i - 2][j - 2]) : least;
  }
}
