/**
 * The small set of fused operations that the forward pass is written in ({@link
 * muninn.kernels.Op}), what they cost at least, the formats of weights and of keys and values, and
 * what a device is ({@link muninn.kernels.Device}). The devices themselves lie below.
 */
package muninn.kernels;
