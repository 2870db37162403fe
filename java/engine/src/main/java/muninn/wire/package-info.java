/**
 * Requests and answers as JSON: one format for lines of a batch job, prompts of a sweep, {@code
 * --json}, and whoever else speaks it.
 */
package muninn.wire;
