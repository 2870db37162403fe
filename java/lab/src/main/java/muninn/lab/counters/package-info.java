/**
 * What kernels do, counted on the emulated device: sectors, wavefronts, bytes on their way, and
 * what fits a multiprocessor beside what. Structure, which a GPU shares; never time.
 */
package muninn.lab.counters;
