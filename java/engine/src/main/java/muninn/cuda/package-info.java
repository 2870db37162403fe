/**
 * The CUDA driver API in Java: hand-written bindings over {@code java.lang.foreign}, and small
 * owning types on top.
 *
 * <p>{@link muninn.cuda.Driver} is a library that exports the driver's C functions: {@code
 * libcuda.so.1}, or the emulated device by its path; nothing else differs. A driver has {@link
 * muninn.cuda.Gpu}s; opening one gives a {@link muninn.cuda.Context}, which makes everything else:
 * memory, pinned host memory, streams, events, modules, and, from what a stream records, graphs.
 * {@link muninn.cuda.CublasLt} is NVIDIA's library of matrix products, where the machine has it.
 *
 * <p><b>One platform thread owns a context</b>: the one that opened it. A native call pins a
 * virtual thread, and a context is current on one thread; so every use of a context, or of anything
 * it made, from another thread is refused with an {@link java.lang.IllegalStateException}. The
 * check costs about a nanosecond. {@code Driver}, {@code Gpu} and the contents of pinned memory are
 * for every thread.
 *
 * <p>Work is enqueued on streams and runs later: host memory named in a copy must stay as it is
 * until the stream has passed it, and an error of a kernel is reported by a later call.
 *
 * <p>What a user can mend is a {@link muninn.UserException}, everything else a {@link
 * muninn.cuda.CudaException}; both name the call, the error and what to do.
 */
package muninn.cuda;
