package muninn.lab.expect;

/**
 * Instructions of a warp in our attention kernel, heads of 96, one query a head, averaged over a
 * block's four warps and counted along the way through the compiled code (docs/measurements.md).
 *
 * @param block once a block, however much it does
 * @param lookUp for a further split of the context, whose pages are looked up for all heads
 * @param head once a head: its query, its result, and its last page, which is copied row by row
 * @param split once a split of a head
 * @param page once a page of a split of a head
 */
record AttentionFigures(double block, double lookUp, double head, double split, double page) {

  /** Of a block that takes some heads one after another, over some splits with some pages. */
  double of(double heads, double splits, double pages) {
    return block + lookUp * (splits - 1) + heads * (head + split * splits + page * pages);
  }
}
