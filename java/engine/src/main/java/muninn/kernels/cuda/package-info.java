/**
 * A GPU as a device: prepares operations as launches of the kernels in {@code kernels-cu}, records
 * programs as graphs, and keeps the memory that both sides read. The emulated device is opened in
 * the same way, so all of it is tested without a GPU.
 */
package muninn.kernels.cuda;
