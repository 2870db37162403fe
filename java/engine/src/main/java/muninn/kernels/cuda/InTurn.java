package muninn.kernels.cuda;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Event;
import muninn.cuda.PinnedMemory;
import muninn.cuda.Stream;

/**
 * What the host tells kernels anew from pass to pass, such as a lane table: two places in device
 * memory, which serve in turn. While kernels read one, a stream of copies fills the other, so that
 * no copy stands between two passes. Events see to it that no kernel reads a place before its copy
 * has arrived, and that no copy overwrites what a kernel still reads.
 */
final class InTurn {
  /** What kernels run in, and the copies that go ahead of them. */
  record Streams(Stream kernels, Stream copies) {}

  private final Context context;
  private final Streams streams;
  private final Place[] places;
  private int turn;

  private record Place(PinnedMemory here, DeviceMemory there, Event copied, Event read) {}

  InTurn(Context context, Streams streams, long bytes) {
    this.context = context;
    this.streams = streams;
    places = new Place[] {place(bytes), place(bytes)};
  }

  private Place place(long bytes) {
    return new Place(
        context.pinned(bytes),
        context.allocate(bytes),
        context.untimedEvent(),
        context.untimedEvent());
  }

  /** What both places take of the device's memory, of so many bytes each. */
  static long deviceBytes(long bytes) {
    return 2 * bytes;
  }

  long bytes() {
    return places[0].there.bytes();
  }

  /** Which of the two was filled last: 0 or 1. What is recorded for one is not for the other. */
  int turn() {
    return turn;
  }

  /** Where kernels find what was written last. */
  DeviceMemory there() {
    return places[turn].there;
  }

  /**
   * Has kernels that are enqueued from now on find what {@code fill} writes, in the other place
   * than those before.
   *
   * @param bytes of the place, from its start
   */
  void write(long bytes, Consumer<MemorySegment> fill) {
    streams.kernels.record(places[turn].read);
    turn = 1 - turn;
    Place next = places[turn];
    next.copied.synchronize(); // the copy before last, which host memory was kept for
    MemorySegment here = next.here.segment().asSlice(0, bytes);
    fill.accept(here);
    streams.copies.await(next.read);
    streams.copies.upload(here, next.there, 0);
    streams.copies.record(next.copied);
    streams.kernels.await(next.copied);
  }

  /** Waits until nobody reads or fills either place any more, and frees both. */
  void close() {
    streams.kernels.synchronize();
    streams.copies.synchronize();
    for (Place place : places) {
      place.here.close();
      place.there.close();
      place.copied.close();
      place.read.close();
    }
  }
}
