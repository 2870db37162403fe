package planted.wire;

import planted.batch.Job;

/** Knows who uses it. */
public final class Answer {
  public Job job;
}
