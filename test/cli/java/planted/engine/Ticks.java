package planted.engine;

import planted.batch.Job;

/** Knows what is left of it, and ends the process. */
public final class Ticks {
  public Job job;

  public void end() {
    System.exit(job.hashCode());
  }
}
