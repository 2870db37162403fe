package muninn.text;

import muninn.text.regex.Matcher;
import muninn.text.regex.Regex;
import muninn.text.regex.Steps;

/**
 * Cuts pieces where a pattern matches, and does with the matches what the {@link Behavior} says. A
 * match and what lies between two matches are parts; a piece is one of them, or several that belong
 * together.
 */
final class Cutter implements TextStage {
  private final Matcher matcher;
  private final Behavior behavior;
  private final boolean invert;
  private final TextStage next;

  private char[] text;
  private int from;
  private int first;

  // The piece that may still grow, and whether the part read last is a match.
  private int begin;
  private int end;
  private boolean open;
  private boolean afterMatch;

  /**
   * A cutter before another stage.
   *
   * @param invert whether what is between the matches counts as a match, and the other way round
   */
  Cutter(Regex pattern, Behavior behavior, boolean invert, TextStage next, Steps steps) {
    matcher = pattern.matcher(steps);
    this.behavior = behavior;
    this.invert = invert;
    this.next = next;
  }

  @Override
  public void take(char[] text, int from, int to, int first) {
    this.text = text;
    this.from = from;
    this.first = first;
    open = false;
    afterMatch = false;
    matcher.reset(text, from, to);
    int done = from;
    while (matcher.next()) {
      if (matcher.start() > done) {
        part(done, matcher.start(), invert);
      }
      part(matcher.start(), matcher.end(), !invert);
      done = matcher.end();
    }
    if (done < to) {
      part(done, to, invert);
    }
    if (open) {
      emit(begin, end);
    }
  }

  private void part(int from, int to, boolean match) {
    switch (behavior) {
      case REMOVED -> {
        if (!match) {
          emit(from, to);
        }
      }
      case ISOLATED -> emit(from, to);
      case CONTIGUOUS -> grow(from, to, open && match == afterMatch);
      case MERGED_WITH_PREVIOUS -> grow(from, to, open && match && !afterMatch);
      case MERGED_WITH_NEXT -> grow(from, to, open && !match && afterMatch);
    }
    afterMatch = match;
  }

  private void grow(int from, int to, boolean belongs) {
    if (open && !belongs) {
      emit(begin, end);
    }
    begin = belongs ? begin : from;
    end = to;
    open = true;
  }

  private void emit(int begin, int end) {
    if (begin < end) {
      next.take(text, begin, end, Math.clamp(first - (begin - from), 0, end - begin));
    }
  }
}
