package muninn.kernels;

import java.util.function.BiConsumer;

/** A device whose programs are seen before they run, with the lanes they run on. */
public final class WatchedDevice extends ForwardingDevice {
  private final BiConsumer<Program, Lanes> watch;

  public WatchedDevice(Device device, BiConsumer<Program, Lanes> watch) {
    super(device);
    this.watch = watch;
  }

  @Override
  public Routine prepare(Program program) {
    Routine routine = super.prepare(program);
    return lanes -> {
      watch.accept(program, lanes);
      routine.run(lanes);
    };
  }
}
