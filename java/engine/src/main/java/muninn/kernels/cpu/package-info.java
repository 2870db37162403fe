/**
 * The CPU as a device, in float32 by vector instructions. It runs wherever Java does, and is what
 * the CUDA kernels are held against; where code was compiled for it ({@code native/cpu}), that does
 * the same faster.
 */
package muninn.kernels.cpu;
