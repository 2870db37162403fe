/**
 * What a model is: its family and its numbers ({@link muninn.model.Architecture}, {@link
 * muninn.model.Config}), and its files, read, checked and written ({@link
 * muninn.model.Checkpoint}). What it computes is in {@link muninn.model.forward}, which no class
 * here knows.
 */
package muninn.model;
