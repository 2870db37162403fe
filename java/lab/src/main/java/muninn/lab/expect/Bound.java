package muninn.lab.expect;

/** What a piece of work on a GPU may be bound by. */
public enum Bound {
  /** Reading and writing memory. */
  DRAM,
  /** Reading the L2 cache. */
  L2,
  /** Reading shared memory. */
  SHARED,
  /** Issuing instructions. */
  ISSUE,
  /** Products on tensor cores. */
  TENSOR,
  /** Waiting for one another: launches, merges of partial sums, ends of kernels. */
  TAIL
}
