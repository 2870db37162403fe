/**
 * Batch jobs: a file of requests in, a line of answer for each out. A job that was killed goes on
 * where it stopped; lines are read and written by {@code muninn.wire}.
 */
package muninn.batch;
