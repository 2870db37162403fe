package muninn.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import muninn.UserException;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.Sequences;
import muninn.model.Checkpoint;
import muninn.model.Config;
import muninn.model.Forward;
import muninn.model.Model;
import muninn.model.Parameters;

/**
 * A loaded model that answers requests.
 *
 * <p>Threads: one platform thread owns the device and runs the ticks. {@link #submit} and {@link
 * #inspect} may be called from any thread; a {@link Generation} may be read by any one thread.
 * Requests submitted together share ticks; a request's tokens depend on itself alone.
 */
public final class Engine implements AutoCloseable {
  private final Model model;
  private final EngineOptions options;
  private final Supplier<Device> openDevice;
  private final Monitors monitors;
  private final LinkedBlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final Thread thread;
  private final String deviceName;
  private final String platform;
  private final int totalPages;

  // The engine's thread.
  private Device device;
  private Scheduler scheduler;
  private BetweenTicks.Latents latents;
  private BetweenTicks betweenTicks = latents -> {};
  private KvPages pages;
  private boolean closing;

  // Guarded by the inbox: whether its thread has read it for the last time, because a tick threw
  // or the engine was closed.
  private boolean ended;
  private Throwable failure;

  private boolean closed;

  private Engine(Model model, EngineOptions options, Supplier<Device> openDevice, Monitor monitor) {
    this.model = model;
    this.options = options;
    this.openDevice = openDevice;
    monitors = new Monitors(monitor);
    CompletableFuture<Void> ready = new CompletableFuture<>();
    thread = Thread.ofPlatform().name("muninn-engine").daemon().unstarted(() -> run(ready));
    thread.start();
    try {
      ready.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw e;
      }
    }
    deviceName = device.name();
    platform = device.platform();
    totalPages = pages.total();
  }

  /** Opens a checkpoint folder with default options. */
  public static Engine open(Path directory) {
    return open(directory, EngineOptions.DEFAULT);
  }

  /**
   * Opens a checkpoint folder.
   *
   * @throws UserException when a file is missing or wrong, an option makes no sense, or memory does
   *     not suffice
   */
  public static Engine open(Path directory, EngineOptions options) {
    return open(Checkpoint.open(directory), options);
  }

  /**
   * Takes over an open model, which is closed with the engine, or here when this fails.
   *
   * @throws UserException when an option makes no sense, or memory does not suffice
   */
  public static Engine open(Model model, EngineOptions options) {
    return open(model, options, () -> Devices.open(options.device()), Monitor.NONE);
  }

  /** With a device of the caller's, opened on the engine's thread. */
  static Engine open(Path directory, EngineOptions options, Supplier<Device> openDevice) {
    return open(Checkpoint.open(directory), options, openDevice, Monitor.NONE);
  }

  /**
   * Takes over an open model as {@link #open(Model, EngineOptions)} does, on a device of the
   * caller's, under a monitor's eyes.
   *
   * @param openDevice called once, on the engine's thread, which closes the device
   */
  public static Engine open(
      Model model, EngineOptions options, Supplier<Device> openDevice, Monitor monitor) {
    try {
      return new Engine(model, options, openDevice, monitor);
    } catch (Throwable t) {
      model.close();
      throw t;
    }
  }

  /** The model: config, tokenizer, chat template. */
  public Model model() {
    return model;
  }

  /** What it was opened with. */
  public EngineOptions options() {
    return options;
  }

  /** The device in a few words, as {@code muninn devices} prints it. */
  public String device() {
    return deviceName;
  }

  /** What the device runs on, and with what: clocks, driver, versions, as far as it is known. */
  public String platform() {
    return platform;
  }

  /**
   * Queues a request. Requests start in the order of submission, as soon as a sequence's place and
   * the KV pages that it may need are free.
   *
   * @throws UserException when the request cannot be served: field, value and remedy are named
   * @throws IllegalStateException when the engine is closed, or failed earlier
   */
  public Generation submit(Request request) {
    return submit(request, null);
  }

  /**
   * Logits of every prompt position and the last position's final latent after {@code ln_f}, for
   * parity work. Waits for the answer.
   *
   * @return logits {@code [positions][V]} and latent {@code [d]}
   * @throws UserException when the request cannot be served, as in {@link #submit}
   * @throws IllegalStateException when the engine is closed, or closes before the answer is there
   */
  public Inspection inspect(int[] prompt, int steps, float initScale, long seed) {
    Inspector.LastWords words = new Inspector.LastWords(prompt.length);
    Sampling sampling = new Sampling(0, 0, 1, 0, 1, seed);
    Request request = new Request(prompt, steps, 1, sampling, initScale, List.of(), true, -1);
    Completion completion = submit(request, words).completion().join();
    if (completion.finishReason() == FinishReason.CANCELLED) {
      throw new IllegalStateException("the engine was closed");
    }
    return words.seen();
  }

  /** See {@link #inspect}. */
  public record Inspection(List<float[]> logits, float[] latent) {}

  /**
   * Queues a request as {@link #submit} does, and shows every step of each of its positions. The
   * answer is the same as unobserved.
   *
   * @throws UserException as in {@link #submit}
   * @throws IllegalArgumentException when the request does not think plainly: positions that leave
   *     early, or are built on guesses, are none to be looked at
   */
  public Generation observe(Request request, Observer observer) {
    if (!request.thinking().equals(Thinking.PLAIN)) {
      throw new IllegalArgumentException("only plain thinking can be observed");
    }
    return submit(request, Inspector.of(observer));
  }

  /**
   * From the next tick on runs this after every tick, such as kernels of the caller's own over the
   * latents; the one before is forgotten.
   */
  public void betweenTicks(BetweenTicks work) {
    synchronized (inbox) {
      if (!ended) {
        inbox.add(() -> betweenTicks = work);
      }
    }
  }

  private Generation submit(Request request, Inspector inspector) {
    new RequestCheck(model, options).check(request);
    Stops stops = Stops.of(request, model);
    AnswerText text =
        model
            .tokenizer()
            .map(tokenizer -> new AnswerText(tokenizer.stream(), stops.texts()))
            .orElse(null);
    Answer answer = new Answer(request.prompt().length, text);
    Ticket ticket = Ticket.of(request, answer, inspector, stops.tokens(), model.config());
    if (ticket.mostPages() > totalPages) {
      throw UserException.of(
          "the request may need %d KV pages (%d positions at %d steps, kv %s) and the engine has"
              + " %d: raise kv_memory, lower max_tokens or steps, or let steps share keys (kv)",
          ticket.mostPages(),
          ticket.positions(),
          request.steps(),
          request.thinking().kv(),
          totalPages);
    }
    synchronized (inbox) {
      if (failure != null) {
        throw new IllegalStateException("the engine failed earlier", failure);
      }
      if (ended) {
        throw new IllegalStateException("the engine is closed");
      }
      inbox.add(() -> scheduler.enqueue(ticket));
    }
    return answer;
  }

  private void run(CompletableFuture<Void> ready) {
    try {
      start();
      ready.complete(null);
    } catch (Throwable t) {
      try {
        stop();
      } catch (RuntimeException e) {
        t.addSuppressed(e);
      }
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
      failure = thrown;
      ended = true;
      inbox.forEach(Runnable::run);
    }
    scheduler.abandon(thrown);
    stop();
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
    int slots = Forward.slots(config, options.maxSteps());
    Parameters parameters = Parameters.load(model, device); // first: KV takes of what is left
    pages = new KvPages(pageCount(config, (long) slots * KvCache.chunks(config.blockSize())));
    KvCache cache = device.kvCache(pages.total(), config.heads(), config.headWidth());
    Sequences sequences = device.sequences(options.maxSequences(), config.blockSize(), slots);
    Forward forward = new Forward(config, parameters, device, cache, sequences, options.maxLanes());
    latents = new DeviceLatents(device, forward.latents());
    Batch batch =
        new Batch(
            config,
            sequences,
            pages,
            DraftDepth.of(config),
            options.maxLanes(),
            options.maxSequences(),
            monitors);
    Passes passes = new DevicePasses(batch, device, forward, options.maxLanes(), monitors);
    scheduler = new Scheduler(batch, passes, device.ticksAhead(), monitors);
  }

  /** As many pages as memory is granted for, but no more than all sequences together could use. */
  private int pageCount(Config config, long pagesPerSequence) {
    long bytes = options.kvBytes() > 0 ? options.kvBytes() : device.grantedBytes();
    long most = Math.min(Integer.MAX_VALUE, pagesPerSequence * options.maxSequences());
    return (int) Math.min(most, bytes / device.kvPageBytes(config.heads(), config.headWidth()));
  }

  private void stop() {
    if (device != null) {
      device.close();
    }
  }

  /**
   * Cancels what is under way, and frees the device and the mapped files. Waits for the engine's
   * thread, so not to be called on it, from what depends on a {@link Generation#completion}.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    inbox.add(() -> closing = true);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    model.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
