package planted.hub;

import planted.wire.Answer;

/** Knows its neighbour. */
public final class Library {
  public Answer answer;
}
