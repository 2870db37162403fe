package muninn.kernels.cuda;

import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;

/**
 * Device memory that operations use one after another: as much as the largest of them needs. What
 * recordings refer to stays when it is outgrown, so the largest is asked for before any is made.
 */
final class SharedRoom {
  private final Context context;
  private DeviceMemory memory;
  private boolean used;

  SharedRoom(Context context) {
    this.context = context;
  }

  /** Takes so much, as far as it is not there. */
  void reserve(long bytes) {
    if (memory != null && memory.bytes() >= bytes) {
      return;
    }
    if (memory != null && !used) {
      memory.close();
    }
    memory = context.allocate(bytes);
    used = false;
  }

  /** Where it is, for what may be recorded now. */
  long use() {
    used = true;
    return memory.address();
  }
}
