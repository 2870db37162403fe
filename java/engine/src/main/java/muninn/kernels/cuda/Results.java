package muninn.kernels.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import muninn.cuda.Context;
import muninn.cuda.Event;
import muninn.cuda.PinnedMemory;
import muninn.cuda.Stream;

/**
 * What kernels tell the host: they write it to pinned host memory by themselves, a place an
 * operation, and an event behind them says that it is there. So reading one operation's results
 * waits for that operation alone. A place serves again when its results have been read.
 */
final class Results {
  private static final long LEAST_BYTES = 4096;

  private final Context context;
  private final Stream stream;
  private final Deque<Place> free = new ArrayDeque<>();

  private record Place(PinnedMemory memory, Event written) {}

  Results(Context context, Stream stream) {
    this.context = context;
    this.stream = stream;
  }

  /**
   * Enqueues kernels that write so many bytes.
   *
   * @param launch gets their device address
   * @param read makes of them what the caller wants, once, when they are there
   * @return waits for them; to be asked sooner or later
   */
  <R> Supplier<R> enqueue(long bytes, LongConsumer launch, Function<MemorySegment, R> read) {
    Place place = place(bytes);
    launch.accept(place.memory.deviceAddress());
    stream.record(place.written);
    return new Pending<>(place, read);
  }

  private Place place(long bytes) {
    Place place = free.poll();
    if (place != null && place.memory.segment().byteSize() >= bytes) {
      return place;
    }
    Event written = place == null ? context.untimedEvent() : place.written;
    if (place != null) {
      place.memory.close();
    }
    long rounded = Long.highestOneBit(Math.max(LEAST_BYTES, 2 * bytes - 1));
    return new Place(context.pinned(rounded), written);
  }

  private final class Pending<R> implements Supplier<R> {
    private final Function<MemorySegment, R> read;
    private Place place;
    private R result;

    Pending(Place place, Function<MemorySegment, R> read) {
      this.place = place;
      this.read = read;
    }

    @Override
    public R get() {
      if (place != null) {
        place.written.synchronize();
        result = read.apply(place.memory.segment());
        free.add(place);
        place = null;
      }
      return result;
    }
  }
}
