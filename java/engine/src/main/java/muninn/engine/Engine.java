package muninn.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import muninn.UserException;
import muninn.engine.answer.Answers;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.model.Checkpoint;
import muninn.model.Model;

/**
 * A loaded model that answers requests.
 *
 * <p>Threads: one platform thread owns the device and runs the ticks. {@link #submit} and {@link
 * #inspect} may be called from any thread; a {@link Generation} may be read by any one threads.
 * Requests submitted together share ticks; a request's tokens depend on itself alone.
 */
public final class Engine implements AutoCloseable {
  private final Model model;
  private final EngineOptions options;
  private final EngineThreads threads;
  private boolean closed;

  private Engine(
      Model model, EngineOptions options, List<Supplier<Device>> devices, Monitor monitor) {
    this.model = model;
    this.options = options;
    threads = new EngineThreads(model, options, devices, monitor);
  }

  /** Opens a checkpoint folder with default options. */
  public static Engine open(Path directory) {
    Model model = Checkpoint.open(directory);
    return open(model, EngineOptions.of(model));
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
    return open(model, options, Monitor.NONE);
  }

  /** The same under a monitor's eyes. */
  public static Engine open(Model model, EngineOptions options, Monitor monitor) {
    EngineOptions chosen = options.on(Devices.choose(options.device()).options());
    List<Supplier<Device>> devices = new ArrayList<>();
    for (DeviceOptions one : Devices.each(chosen.device())) {
      devices.add(() -> Devices.open(one));
    }
    return open(model, chosen, devices, monitor);
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
    return open(model, options, List.of(openDevice), monitor);
  }

  /** The same on several devices, whose answers must be the same: they are of one kind. */
  static Engine open(
      Model model, EngineOptions options, List<Supplier<Device>> devices, Monitor monitor) {
    try {
      return new Engine(model, options, devices, monitor);
    } catch (Throwable t) {
      model.close();
      throw t;
    }
  }

  /**
   * Refuses a request that no engine with these options could serve, before one is opened.
   *
   * @throws UserException as {@link #submit} does, but where memory would not suffice
   */
  public static void check(Model model, EngineOptions options, Request request) {
    new RequestCheck(model, options).check(request);
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
    return threads.deviceName();
  }

  /** For how many lanes and requests there is room at once; on each device, of several. */
  public Room room() {
    return threads.room();
  }

  /** What the device runs on, and with what: clocks, driver, versions, as far as it is known. */
  public String platform() {
    return threads.platform();
  }

  /**
   * Queues a request for one answer; {@link Answers#submit} queues one for several. Requests start
   * in the order of submission, as soon as a sequence's place and the KV pages that its prompt
   * needs are free. Where memory runs out later the youngest requests are set back, and go on with
   * the same text when there is room again.
   *
   * @throws UserException when the request cannot be served: field, value and remedy are named
   * @throws QueueFullException when as many requests wait as {@link EngineOptions#maxQueued} allows
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
    Inspector.FinalLogits seen = new Inspector.FinalLogits(prompt.length);
    Options looking =
        Options.DEFAULT
            .withSteps(steps)
            .withMaxTokens(1)
            .withSeed(seed)
            .withInitScale(initScale)
            .withIgnoreEos(true);
    Completion completion = submit(new Request(prompt, looking), seen).completion().join();
    if (completion.finishReason() == FinishReason.CANCELLED) {
      throw new IllegalStateException("the engine was closed");
    }
    return new Inspection(seen.logits(), seen.latent());
  }

  /** See {@link #inspect}. */
  public record Inspection(List<float[]> logits, float[] latent) {}

  /**
   * Queues a request as {@link #submit} does, and shows the steps of its positions. The answer is
   * the same as unobserved; positions open on no guesses meanwhile. On several devices each step is
   * shown once, whatever becomes of them.
   *
   * @throws UserException as in {@link #submit}, and where guesses would change the text: nothing
   *     could be shown of what was thought then
   */
  public Generation observe(Request request, Observer observer) {
    return observe(request, new int[0], 0, observer);
  }

  /**
   * The same for an answer of which so much was said: these tokens are taken as drawn, and their
   * positions think as they did, with the request's exits, shared keys and continuous thought.
   *
   * @param said fewer than the request's {@code max_tokens}
   * @param from the first position that is shown; the ones before it take less time
   */
  public Generation observe(Request request, int[] said, int from, Observer observer) {
    Thinking thinking = request.options().thinking();
    thinking
        .whyApproximate()
        .ifPresent(
            why -> {
              throw UserException.of(
                  "speculate %s cannot be watched here, for %s: leave it out",
                  thinking.speculation(), why);
            });
    Request plain = request.with(thinking.withSpeculation(Speculation.NONE));
    return submit(plain, said, new Watching(observer, from));
  }

  /**
   * From the next tick on runs this after every tick, such as kernels of the caller's own over the
   * latents; the one before is forgotten. Of several devices each runs it on a thread of its own.
   * Such work may change what is thought, so from then on no request finds what others left.
   */
  public void betweenTicks(BetweenTicks work) {
    threads.betweenTicks(work);
  }

  /**
   * Has every device reported that is lost while others go on with its requests; the listener
   * before is forgotten.
   *
   * @param hears called on the thread of that device, so it must neither wait nor close the engine
   */
  public void whenLost(Consumer<LostDevice> hears) {
    threads.whenLost(hears);
  }

  private Generation submit(Request request, Inspector inspector) {
    return submit(request, new int[0], inspector);
  }

  private Generation submit(Request request, int[] said, Inspector inspector) {
    if (request.options().n() > 1) {
      throw UserException.of(
          "n is %d, and one answer is given here: ask for each one alone (Request.each, Answers)",
          request.options().n());
    }
    new RequestCheck(model, options).check(request, said);
    Stops stops = Stops.of(request, model);
    AnswerText text =
        model
            .tokenizer()
            .map(tokenizer -> new AnswerText(tokenizer.stream(), stops.texts()))
            .orElse(null);
    int beside = request.options().promptLogProbs();
    PromptScores scores = beside < 0 ? null : new PromptScores(request.prompt(), beside);
    Answer answer =
        scores == null
            ? new Answer(request.prompt().length, text)
            : new Answer(request.prompt().length, text, scores::tokens);
    Inspector looks = inspector == null ? scores : inspector;
    Ticket ticket =
        Ticket.of(request, known(request, said), answer, looks, stops.tokens(), model.config());
    if (ticket.mostPages() > threads.pages()) {
      throw UserException.of(
          "the request may need %d KV pages (%d positions at %d steps, kv %s) and the engine has"
              + " %d: raise kv_memory, lower max_tokens or steps, or let steps share keys (kv)",
          ticket.mostPages(),
          ticket.positions(),
          request.options().steps(),
          request.options().thinking().kv(),
          threads.pages());
    }
    if (ticket.positions() > threads.positions()) {
      throw UserException.of(
          "the request may have %d positions and the engine has memory for keys and values of %d:"
              + " raise kv_memory, or lower max_tokens",
          ticket.positions(), threads.positions());
    }
    threads.submit(ticket);
    return answer;
  }

  private static int[] known(Request request, int[] said) {
    int[] prompt = request.prompt();
    int[] known = Arrays.copyOf(prompt, prompt.length + said.length);
    System.arraycopy(said, 0, known, prompt.length, said.length);
    return known;
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
    threads.close();
    model.close();
  }
}
