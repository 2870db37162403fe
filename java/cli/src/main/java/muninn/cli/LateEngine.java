package muninn.cli;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import muninn.UserException;
import muninn.engine.Devices;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.model.Model;
import muninn.wire.Responder;

/**
 * An engine that is opened when there is something that it can answer: whatever can be refused by
 * the model's config and text alone is refused before any weight is loaded or made.
 */
final class LateEngine implements AutoCloseable {
  private final Model model;
  private final EngineOptions options;
  private final Waiting waiting;
  private final Supplier<Engine> open;
  private final Set<String> said = new HashSet<>();
  private Engine engine; // null until it is wanted

  /** Why a job's engine could not be opened, for which none of its requests is to blame. */
  static final class NotOpened extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotOpened(UserException reason) {
      super(reason);
    }

    @Override
    public synchronized UserException getCause() {
      return (UserException) super.getCause();
    }
  }

  /**
   * @param model closed with this
   * @param options that it is opened with
   * @param waiting says what takes long; closed with this
   */
  LateEngine(Model model, EngineOptions options, Waiting waiting, Supplier<Engine> open) {
    this.model = model;
    this.options = options;
    this.waiting = waiting;
    this.open = open;
  }

  Model model() {
    return model;
  }

  EngineOptions options() {
    return options;
  }

  /** No more requests than that are in work at once, on all devices. */
  int mostSequences() {
    return options.mostSequences() * Devices.each(options.device()).size();
  }

  /** Says what takes long until there is an answer. */
  Waiting waiting() {
    return waiting;
  }

  /**
   * Refuses what it could not answer, and says what is worth knowing of what it can.
   *
   * @throws UserException naming the field, the value and the remedy
   */
  void check(Request request) {
    if (engine == null) {
      Engine.check(model, options, request);
    }
    caution(request.options());
  }

  /** Says what is worth knowing of these options, once. */
  synchronized void caution(Options asked) {
    asked.caution(model).filter(said::add).ifPresent(what -> waiting.remark("muninn: " + what));
  }

  /**
   * The engine, opened now if it was not.
   *
   * @throws UserException when it cannot be
   */
  synchronized Engine engine() {
    if (engine == null) {
      engine = open.get();
    }
    return engine;
  }

  /** Prompts by the model's words; requests by the engine, which the first good one opens. */
  Responder responder() {
    return Responder.of(
        model,
        request -> {
          check(request);
          return opened().submit(request);
        });
  }

  private Engine opened() {
    try {
      return engine();
    } catch (UserException e) {
      throw new NotOpened(e);
    }
  }

  @Override
  public void close() {
    waiting.close();
    if (engine != null) {
      engine.close();
    } else {
      model.close();
    }
  }
}
