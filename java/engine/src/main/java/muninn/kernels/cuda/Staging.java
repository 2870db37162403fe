package muninn.kernels.cuda;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Event;
import muninn.cuda.PinnedMemory;
import muninn.cuda.Stream;

/**
 * A ring of pinned host memory through which the host hands data to the device: it fills a place,
 * enqueues the copy and goes on; a place is filled again only when its copy is done.
 */
final class Staging {
  private static final long LEAST_BYTES = 4096;

  private final Context context;
  private final Stream stream;
  private final Place[] places;
  private int next;

  private static final class Place {
    PinnedMemory memory;
    Event copied;
  }

  /** Places that take their memory when they first need it. */
  Staging(Context context, Stream stream, int places) {
    this.context = context;
    this.stream = stream;
    this.places = new Place[places];
    for (int i = 0; i < places; i++) {
      this.places[i] = new Place();
      this.places[i].copied = context.untimedEvent();
    }
  }

  /** Places for little at a time, ready from the start: pinning memory takes a tick's time. */
  static Staging ready(Context context, Stream stream, int places) {
    Staging staging = new Staging(context, stream, places);
    for (Place place : staging.places) {
      place.memory = context.pinned(LEAST_BYTES);
    }
    return staging;
  }

  /**
   * Copies what {@code fill} writes, {@code bytes} of it, to {@code to} at {@code offset}, in the
   * order of the stream.
   */
  void upload(long bytes, Consumer<MemorySegment> fill, DeviceMemory to, long offset) {
    Place place = places[next];
    next = (next + 1) % places.length;
    if (place.memory == null || place.memory.segment().byteSize() < bytes) {
      if (place.memory != null) {
        place.copied.synchronize();
        place.memory.close();
        place.memory = null; // there may be no larger one
      }
      place.memory = context.pinned(Math.max(bytes, LEAST_BYTES));
    } else {
      place.copied.synchronize();
    }
    MemorySegment host = place.memory.segment().asSlice(0, bytes);
    fill.accept(host);
    stream.upload(host, to, offset);
    stream.record(place.copied);
  }

  /** Gives the memory back until the next upload, once it has been copied from. */
  void release() {
    for (Place place : places) {
      if (place.memory != null) {
        place.copied.synchronize();
        place.memory.close();
        place.memory = null;
      }
    }
  }
}
