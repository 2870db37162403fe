package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.PinnedMemory;
import muninn.cuda.Stream;
import muninn.kernels.LaunchTimeline;
import muninn.kernels.TimedLaunch;

/**
 * Where the kernels of {@code timeline.cuh} write their blocks' times. Each launch has a place of
 * its own, which a recorded graph keeps: what is written there after all was zeroed has run since.
 */
final class Timeline implements LaunchTimeline {
  private static final long BLOCK_BYTES = 32; // of timeline::Block
  private static final int ROOM = 1 << 20; // blocks

  private final Context context;
  private final Stream stream;
  private final List<Place> places = new ArrayList<>();
  private DeviceMemory memory; // null until somebody wants to know
  private int taken; // blocks
  private String operation = "";

  private record Place(String operation, String kernel, boolean early, int first, int blocks) {}

  Timeline(Context context, Stream stream) {
    this.context = context;
    this.stream = stream;
  }

  @Override
  public void begin() {
    if (memory == null) {
      memory = context.allocate(BLOCK_BYTES * ROOM);
    }
    clear();
    places.clear();
    taken = 0;
  }

  private void clear() {
    stream.fill(memory, 0, memory.bytes(), (byte) 0);
  }

  /** An operation whose launches are called by its name. */
  Prepared named(String name, Prepared prepared) {
    return new Prepared() {
      @Override
      public void reserve(CudaLanes.Grid grid) {
        prepared.reserve(grid);
      }

      @Override
      public void enqueue(CudaLanes lanes) {
        operation = name;
        prepared.enqueue(lanes);
        operation = "";
      }
    };
  }

  /** The address that a launch is given for its blocks' times; 0 where nobody wants them. */
  long place(String kernel, Launch launch, boolean early) {
    if (memory == null) {
      return 0;
    }
    long blocks = (long) launch.gridX() * launch.gridY() * launch.gridZ();
    if (blocks > ROOM - taken) {
      throw UserException.of(
          "the timeline has room for %d blocks, and these launches have more: take fewer lanes",
          ROOM);
    }
    places.add(new Place(operation, kernel, early, taken, (int) blocks));
    taken += (int) blocks;
    return memory.address() + BLOCK_BYTES * places.getLast().first();
  }

  @Override
  public List<TimedLaunch> during(Runnable work) {
    clear();
    work.run();
    try (PinnedMemory times = context.pinned(BLOCK_BYTES * Math.max(1, taken))) {
      stream.download(memory, 0, times.segment());
      stream.synchronize();
      return places.stream()
          .map(place -> launch(place, times.segment()))
          .filter(launch -> !launch.blocks().isEmpty())
          .sorted(Comparator.comparingLong(TimedLaunch::begun))
          .toList();
    }
  }

  private static TimedLaunch launch(Place place, MemorySegment times) {
    List<TimedLaunch.Block> blocks = new ArrayList<>();
    for (int i = place.first(); i < place.first() + place.blocks(); i++) {
      int at = Math.toIntExact(BLOCK_BYTES / Long.BYTES) * i;
      int multiprocessor = (int) times.getAtIndex(JAVA_LONG, at + 3); // from 1 on
      if (multiprocessor != 0) {
        blocks.add(
            new TimedLaunch.Block(
                multiprocessor - 1,
                times.getAtIndex(JAVA_LONG, at),
                times.getAtIndex(JAVA_LONG, at + 1),
                times.getAtIndex(JAVA_LONG, at + 2)));
      }
    }
    return new TimedLaunch(place.operation(), place.kernel(), place.early(), blocks);
  }
}
