package planted.lab;

import planted.batch.Job;

/** Knows its neighbour, and prints. */
public final class Report {
  public Job job;

  public void print() {
    System.out.println(job);
  }
}
