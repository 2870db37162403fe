package muninn.lab.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Finds places for texts that must not lie on each other. */
final class Labels {
  /** Height of a line of text. */
  static final double LINE = 14;

  private static final double CHARACTER = 7;
  private static final int LONGEST = 22;

  private final List<Box> taken = new ArrayList<>();

  private record Box(double x, double y, double width, double height) {
    boolean meets(Box other) {
      return x < other.x + other.width
          && other.x < x + width
          && y < other.y + other.height
          && other.y < y + height;
    }
  }

  /** A text with the place that was found for it. */
  record Placed(double x, double y, String text) {}

  /** About how wide a text is drawn. */
  static double width(String text) {
    return CHARACTER * text.codePointCount(0, text.length());
  }

  /** Cut to what a chart has room for. */
  static String cut(String text) {
    int length = text.codePointCount(0, text.length());
    return length <= LONGEST
        ? text
        : text.substring(0, text.offsetByCodePoints(0, LONGEST - 1)) + "…";
  }

  /**
   * Moves line ends apart so that a text fits at each, as little as it takes.
   *
   * @param wanted base lines
   * @return as many base lines, within top and bottom
   */
  static double[] spread(double[] wanted, double top, double bottom) {
    Integer[] order = new Integer[wanted.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    java.util.Arrays.sort(order, Comparator.comparingDouble(i -> wanted[i]));
    double[] placed = wanted.clone();
    double least = top;
    for (int i : order) {
      placed[i] = Math.max(placed[i], least);
      least = placed[i] + LINE;
    }
    double most = bottom;
    for (int i = order.length - 1; i >= 0; i--) {
      placed[order[i]] = Math.min(placed[order[i]], most);
      most = placed[order[i]] - LINE;
    }
    return placed;
  }

  /** Keeps a place free. */
  void take(double x, double y, double width, double height) {
    taken.add(new Box(x, y, width, height));
  }

  /** A place beside a point, within the given width; null where none is free. */
  Placed beside(double x, double y, double left, double right, String text) {
    double width = width(text);
    double[][] tries = {
      {x + 7, y + 4}, {x - 7 - width, y + 4}, {x - width / 2, y - 8}, {x - width / 2, y + 16},
      {x + 6, y - 8}, {x + 6, y + 17}, {x - 6 - width, y - 8}, {x - 6 - width, y + 17}
    };
    for (double[] place : tries) {
      Box box = new Box(place[0], place[1] - 11, width, LINE);
      if (place[0] >= left && place[0] + width <= right && taken.stream().noneMatch(box::meets)) {
        taken.add(box);
        return new Placed(place[0], place[1], text);
      }
    }
    return null;
  }
}
