package muninn.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import muninn.kernels.Device;
import muninn.model.Architecture;
import muninn.model.Config;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * The engine's thread: it opens the device, loads the weights, and ticks as long as there is work.
 * Other threads hand it requests through its inbox; the device and all that is on it are its own.
 */
final class EngineThread {
  private final Model model;
  private final EngineOptions options;
  private final Supplier<Device> openDevice;
  private final Monitors monitors;
  private final Ended whenEnded;
  private final LinkedBlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Thread thread;

  // Written before it is ready, and not again.
  private String deviceName;
  private String platform;
  private KvPages pages;
  private int positions;
  private Room room;

  // Its own.
  private Device device;
  private Scheduler scheduler;
  private Prefixes prefixes;
  private BetweenTicks.Latents latents;
  private BetweenTicks betweenTicks = latents -> {};
  private boolean closing;

  // Guarded by the inbox: whether it has read that for the last time, because a tick threw or the
  // engine was closed.
  private boolean ended;

  /** Hears, on this thread, that it ticks no more, and why: closed where nothing was thrown. */
  interface Ended {
    /**
     * @param thrown null where it was closed
     * @param left the requests that were in work, then those that waited
     */
    void ended(EngineThread thread, Throwable thrown, List<Ticket> left);
  }

  /** Starts, and begins to load; {@link #awaitReady} says when it can be asked anything. */
  EngineThread(
      Model model,
      EngineOptions options,
      Supplier<Device> openDevice,
      Monitors monitors,
      Ended whenEnded) {
    this.model = model;
    this.options = options;
    this.openDevice = openDevice;
    this.monitors = monitors;
    this.whenEnded = whenEnded;
    thread = Thread.ofPlatform().name("muninn-engine").daemon().unstarted(this::run);
    thread.start();
  }

  /** Returns when it is ready; throws what kept it from that. */
  void awaitReady() {
    try {
      ready.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw e;
      }
    }
  }

  /** The device in a few words. */
  String deviceName() {
    return deviceName;
  }

  /** What the device runs on. */
  String platform() {
    return platform;
  }

  /** For how many lanes and requests there is room. */
  Room room() {
    return room;
  }

  /** Most positions of a sequence. */
  int positions() {
    return positions;
  }

  /** KV pages of the engine. */
  int pages() {
    return pages.total();
  }

  /** Takes a request; false where it has ended. */
  boolean take(Ticket ticket) {
    synchronized (inbox) {
      return !ended && inbox.add(() -> scheduler.enqueue(ticket));
    }
  }

  /** From the next tick on runs this after every tick. */
  void betweenTicks(BetweenTicks work) {
    synchronized (inbox) {
      if (!ended) {
        inbox.add(
            () -> {
              betweenTicks = work;
              prefixes.end();
            });
      }
    }
  }

  /** Cancels what is under way, frees the device, and waits for all of that. */
  void close() {
    inbox.add(() -> closing = true);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      start();
      ready.complete(null);
    } catch (Throwable t) {
      stop(t);
      ready.completeExceptionally(t);
      return;
    }
    Throwable thrown = null;
    try {
      while (!closing) {
        for (Runnable task = next(); task != null; task = inbox.poll()) {
          task.run();
        }
        if (!closing) {
          scheduler.tick();
          workBetweenTicks();
        }
      }
    } catch (Throwable t) {
      thrown = t;
    }
    synchronized (inbox) {
      ended = true;
      inbox.forEach(Runnable::run);
    }
    try {
      whenEnded.ended(this, thrown, scheduler.abandon());
    } finally {
      stop(thrown);
    }
  }

  /** What the caller's work throws fails the answers that it worked on, and no others. */
  private void workBetweenTicks() {
    try {
      betweenTicks.run(latents);
    } catch (Throwable thrown) {
      scheduler.failRunning(thrown);
    }
  }

  /** Work from the inbox; waits for it when there is nothing else to do. */
  private Runnable next() throws InterruptedException {
    Runnable task = inbox.poll();
    if (task == null && scheduler.idle()) {
      monitors.idle();
      task = inbox.take();
      monitors.busy();
    }
    return task;
  }

  private void start() {
    Config config = model.config();
    device = openDevice.get();
    deviceName = device.name();
    platform = device.platform();
    // first: what is left is shared out
    Parameters parameters = Parameters.load(model, device, options.weights());
    long granted = options.kvBytes() > 0 ? 0 : device.grantedBytes();
    Capacity capacity = Capacity.of(model, options, device, parameters, granted);
    positions = capacity.positions();
    room = capacity.room();
    pages = new KvPages(capacity.pages());
    Outfit outfit = Outfit.on(device, model, parameters, capacity, options.maxSteps());
    pages.copyBy((from, to) -> device.copyPage(outfit.cache(), from, to));
    Forward forward = outfit.forward();
    latents = new DeviceLatents(device, forward.latents());
    PrefixTree tree = new PrefixTree(pages);
    boolean noisy = model.architecture().start() == Architecture.Start.NORMAL;
    prefixes = new Prefixes(tree, noisy, room.lanes());
    if (!options.prefixReuse()) {
      prefixes.end();
    }
    LookAhead lookAhead = new LookAhead(forward.preludeCost(), forward.codaCost());
    Batch batch =
        new Batch(
            config,
            outfit.sequences(),
            pages,
            prefixes,
            lookAhead,
            room.lanes(),
            room.sequences(),
            monitors);
    Passes passes = new DevicePasses(batch, forward, outfit.lanes(), monitors);
    scheduler =
        new Scheduler(batch, passes, device.ticksAhead(), monitors, lookAhead, System::nanoTime);
  }

  /** Frees the device, which may be as broken as what was thrown says. */
  private void stop(Throwable thrown) {
    try {
      if (device != null) {
        device.close();
      }
    } catch (RuntimeException e) {
      if (thrown == null) {
        throw e;
      }
      thrown.addSuppressed(e);
    }
  }
}
