/**
 * JCuda beside Muninn, for those who have it: {@link muninn.jcuda.Interop} hands streams and memory
 * from one to the other, so that a user's own JCuda kernels run between our launches on our
 * buffers, and {@link muninn.jcuda.JCublasProvider} is cuBLAS 12 as a matrix library of the engine.
 * The engine knows nothing of this package, and needs none of it.
 */
package muninn.jcuda;
