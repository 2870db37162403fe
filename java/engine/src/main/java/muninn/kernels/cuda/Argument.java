package muninn.kernels.cuda;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/** A struct of {@code kernels-cu/tables.cuh}, which kernels take by value. */
interface Argument {
  MemoryLayout layout();

  /** Writes it to the argument block of a launch. */
  void write(MemorySegment at);
}
