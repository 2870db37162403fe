/**
 * What a model is: its family and numbers ({@link muninn.model.Architecture}, {@link
 * muninn.model.Config}), its files, read and checked ({@link muninn.model.Checkpoint}), its weights
 * on a device, and the forward pass, written once for all families and devices ({@link
 * muninn.model.Forward}).
 */
package muninn.model;
