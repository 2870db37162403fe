package planted.server;

import planted.batch.Job;

/** Knows its neighbour. */
public final class Port {
  public Job job;
}
