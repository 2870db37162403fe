/**
 * Batch generation on Apache Spark: an engine in every executor, fed with the rows of its tasks.
 */
package muninn.spark;
