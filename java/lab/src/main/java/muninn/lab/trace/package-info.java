/**
 * What latents do while a model thinks: a request is observed step by step ({@link
 * muninn.lab.trace.Trace}), its trajectories measured, laid into a plane and reported.
 */
package muninn.lab.trace;
