package muninn.engine;

import java.util.List;
import muninn.text.Tokenizer;

/**
 * The text of one answer as its tokens come: nothing of a stop string is ever released, so text
 * that may be the beginning of one is held back until that is settled.
 */
final class AnswerText {
  private final Tokenizer.StreamDecoder decoder;
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private final StringBuilder released = new StringBuilder();
  private boolean stopped;

  AnswerText(Tokenizer.StreamDecoder decoder, List<String> stops) {
    this.decoder = decoder;
    this.stops = stops;
  }

  /** What may be printed now that this token is final. */
  String add(int token) {
    held.append(decoder.next(token));
    int heldBack = stopBeginning(); // may shorten what is held
    return release(held.length() - heldBack);
  }

  /** What was held back, when no token follows. */
  String finish() {
    if (stopped) {
      return "";
    }
    held.append(decoder.finish());
    stopBeginning();
    return release(held.length());
  }

  /** Whether a stop string was said. */
  boolean stopped() {
    return stopped;
  }

  /** All that was released. */
  String text() {
    return released.toString();
  }

  /** Cuts at a whole stop string; answers how many characters at the end may begin one. */
  private int stopBeginning() {
    int cut = held.length();
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && at <= cut) {
        cut = at;
        stopped = true;
      }
    }
    held.setLength(cut);
    if (stopped) {
      return 0;
    }
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (stop.startsWith(held.substring(held.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }

  private String release(int characters) {
    String now = held.substring(0, characters);
    held.delete(0, characters);
    released.append(now);
    return now;
  }
}
