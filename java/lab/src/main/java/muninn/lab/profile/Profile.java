package muninn.lab.profile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Function;
import muninn.UserException;
import muninn.engine.Devices;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.kernels.Device;
import muninn.lab.Ceiling;
import muninn.lab.Limits;
import muninn.lab.Stopwatch;
import muninn.lab.expect.TimingModel;
import muninn.lab.profile.ProfileResult.Spent;
import muninn.lab.profile.TimedDevice.Detail;
import muninn.lab.profile.Timeline.Event;
import muninn.lab.profile.Timeline.Row;
import muninn.lab.report.Header;
import muninn.model.Model;
import muninn.text.Tokenizer;

/**
 * Where a token's time goes: the same load is put to one engine again and again, in turn without a
 * clock on the device, with its stages timed, and with every operation timed. What users wait is
 * taken from the first, so that no clock is in it; where the time goes from the others; and what
 * the clocks themselves cost from all three.
 */
public final class Profile {
  private final String model;
  private final EngineOptions engine;
  private final ProfileOptions options;
  private final Consumer<String> progress;

  /**
   * @param model as {@link Model#open} takes it
   * @param progress hears what is being measured
   */
  public Profile(
      String model, EngineOptions engine, ProfileOptions options, Consumer<String> progress) {
    this.model = model;
    this.engine = engine;
    this.options = options;
    this.progress = progress;
  }

  /** The device before the engine has it. */
  private record Bare(String device, List<Ceiling> ceilings, double cached, Limits limits) {}

  /**
   * Measures.
   *
   * @param header makes, of the engine that was measured, what it takes to repeat this
   * @throws UserException when model or device cannot be had, memory does not suffice, or a request
   *     cannot be served
   */
  public Profiled run(Function<Engine, Header> header) {
    Recorder recorder = new Recorder();
    Model opened = Model.open(model);
    Bare bare = bare(opened);
    progress.accept("loading " + model);
    int most = options.clients() > 0 ? options.clients() : options.requests();
    EngineOptions room =
        engine.withRoom(1, Math.min(most, engine.mostSequences()), options.steps());
    try (Engine running =
        Engine.open(
            opened, room, () -> recorder.listenTo(Devices.open(engine.device())), recorder)) {
      Rounds rounds = new Rounds(running, recorder, bare.limits);
      rounds.warmUp();
      for (int round = 0; round < options.rounds(); round++) {
        rounds.run(round);
      }
      ProfileResult found =
          new ProfileResult(
              bare.device,
              options,
              bare.ceilings,
              bare.cached,
              bare.limits,
              rounds.latencies,
              rounds.answered,
              rounds.stages,
              rounds.operations,
              rounds.spent,
              rounds.timeline);
      return new Profiled(found, header.apply(running));
    }
  }

  private Bare bare(Model opened) {
    try (Device device = Devices.open(engine.device())) {
      progress.accept("ceilings of " + device.name());
      Stopwatch stopwatch = new Stopwatch(options.effort(), System::nanoTime, device::synchronize);
      List<Ceiling> ceilings = Ceiling.measure(device, options.readBytes(), stopwatch);
      return new Bare(
          device.name(), ceilings, Ceiling.ofCache(device, stopwatch), Limits.of(ceilings));
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** The load, again and again. */
  private final class Rounds {
    private static final List<Detail> DETAILS =
        List.of(Detail.OFF, Detail.STAGES, Detail.OPERATIONS);

    private final Recorder recorder;
    private final Limits limits;
    private final List<Request> requests;
    private final Load load;
    private final Latencies latencies = new Latencies();
    private final List<List<Load.Answered>> answered = new ArrayList<>();
    private final Breakdown stages;
    private final Breakdown operations;
    private final List<Spent> spent = new ArrayList<>();
    private final List<Event> timeline = new ArrayList<>();

    Rounds(Engine running, Recorder recorder, Limits limits) {
      this.recorder = recorder;
      this.limits = limits;
      requests = requests(running.model());
      load =
          new Load(running::submit, Load.Clock.SYSTEM, Executors::newVirtualThreadPerTaskExecutor);
      Optional<TimingModel> timing = options.card().map(TimingModel::new);
      stages = new Breakdown(limits, timing);
      operations = new Breakdown(limits, timing);
    }

    /** Lets code be compiled, clocks rise and graphs be recorded. */
    void warmUp() {
      long start = System.nanoTime();
      do {
        for (Detail detail : DETAILS) {
          progress.accept("warming up, " + said(detail));
          recorder.begin(detail, new Breakdown(limits), null);
          load.run(requests, options.arrivals(), options.sampling().seed());
          recorder.end();
        }
      } while (System.nanoTime() - start < options.effort().engineWarmUp().toNanos());
    }

    /** One round of each detail, another one first each time. */
    void run(int round) {
      for (int i = 0; i < DETAILS.size(); i++) {
        Detail detail = DETAILS.get((round + i) % DETAILS.size());
        progress.accept(
            String.format(
                Locale.ROOT, "round %d of %d, %s", round + 1, options.rounds(), said(detail)));
        run(round, detail);
      }
    }

    private void run(int round, Detail detail) {
      boolean draws = round == 0 && detail != Detail.OFF;
      Timeline drawn = draws ? new Timeline(options.timelineEvents()) : null;
      Breakdown breakdown =
          switch (detail) {
            case OFF -> new Breakdown(limits);
            case STAGES -> stages;
            case OPERATIONS -> operations;
          };
      recorder.begin(detail, breakdown, drawn);
      List<Load.Answered> answers =
          load.run(requests, options.arrivals(), options.sampling().seed() + round);
      Recorder.Round took = recorder.end();
      long tokens = answers.stream().mapToLong(one -> one.tokens().size()).sum();
      if (tokens == 0) {
        throw new UserException(
            "no answer had a token: the model ended each at once; leave --eos out, or give other"
                + " prompts");
      }
      breakdown.addRound(took.wallNanos(), took.wallNanos() - took.busyNanos(), tokens);
      spent.add(new Spent(round, detail, took.wallNanos(), took.busyNanos(), tokens));
      if (detail == Detail.OFF) {
        answers.forEach(latencies::add);
        answered.add(answers);
      }
      if (draws) {
        draw(drawn, answers);
      }
    }

    /** The clients' side, as far as the engine's was drawn. */
    private void draw(Timeline drawn, List<Load.Answered> answers) {
      long end = drawn.events().stream().mapToLong(Event::to).max().orElse(0);
      for (Load.Answered one : answers) {
        if (one.intended() < end) {
          Map<String, Long> details =
              Map.of(
                  "prompt_tokens", (long) one.promptTokens(),
                  "tokens", (long) one.tokens().size());
          String name = "request " + (one.request() + 1);
          drawn.add(client(one, "request", name, one.ended(), details));
          if (!one.tokens().isEmpty()) {
            drawn.add(client(one, "wait", "to first token", one.tokens().getFirst(), Map.of()));
          }
        }
      }
      timeline.addAll(drawn.events());
    }

    private static Event client(
        Load.Answered one, String kind, String name, long to, Map<String, Long> details) {
      return new Event(Row.CLIENT, one.client(), kind, name, one.intended(), to, details);
    }
  }

  private static String said(Detail detail) {
    return switch (detail) {
      case OFF -> "no clock on the device";
      case STAGES -> "stages timed";
      case OPERATIONS -> "operations timed";
    };
  }

  // Requests

  private List<Request> requests(Model opened) {
    List<int[]> prompts = prompts(opened);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < options.requests(); i++) {
      Options own =
          Options.DEFAULT
              .withSteps(options.steps())
              .withMaxTokens(options.maxTokens())
              .withSampling(options.sampling())
              .withSeed(options.sampling().seed() + i)
              .withIgnoreEos(!options.endOfText())
              .withThinking(options.thinking());
      requests.add(new Request(prompts.get(i % prompts.size()), own));
    }
    return Collections.unmodifiableList(requests);
  }

  private List<int[]> prompts(Model opened) {
    List<int[]> prompts = new ArrayList<>();
    if (options.prompts().isEmpty()) {
      int vocabulary = opened.config().vocabulary();
      for (int i = 0; i < options.requests(); i++) {
        int[] prompt = new int[options.promptTokens()];
        for (int position = 0; position < prompt.length; position++) {
          prompt[position] = (7 * i + position) % vocabulary;
        }
        prompts.add(prompt);
      }
      return prompts;
    }
    Tokenizer tokenizer =
        opened
            .tokenizer()
            .orElseThrow(
                () ->
                    UserException.of(
                        "%s has no tokenizer.json, so it cannot read --prompt: leave it out, and"
                            + " say how long made-up prompts are (--prompt-tokens)",
                        opened.name()));
    options.prompts().forEach(text -> prompts.add(tokenizer.encodePrompt(text)));
    return prompts;
  }
}
