package planted.batch;

import planted.lab.Report;

/** Knows its neighbour. */
public final class Job {
  public Report report;
}
