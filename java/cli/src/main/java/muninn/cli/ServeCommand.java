package muninn.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;
import muninn.engine.Engine;
import muninn.engine.request.Options;
import muninn.server.Server;
import muninn.server.ServerOptions;

/** {@code muninn serve}: OpenAI's interface over HTTP, until it is ended. */
final class ServeCommand implements Command {
  /** Where a key may stand that is not to be seen in the list of processes. */
  static final String KEY_VARIABLE = "MUNINN_API_KEY";

  private static final Option<String> HOST =
      Option.of(
              "--host",
              Value.text("ADDRESS"),
              "Address to listen at; 0.0.0.0 lets other machines in.")
          .byDefault("127.0.0.1")
          .shown();
  private static final Option<Integer> PORT =
      Option.of("--port", Value.whole("N", 0, 65535), "Port to listen at; 0 takes a free one.")
          .byDefault(8000)
          .shown();
  private static final Option<List<String>> API_KEY =
      Option.of(
              "--api-key",
              Value.text("KEY").list(),
              "Key that clients must show, or several. "
                  + KEY_VARIABLE
                  + " says it where no list of processes shows it.")
          .byDefaultSaid("none, all are let in")
          .shown();
  private static final Option<List<String>> NAMES =
      Option.of(
              "--served-model-name",
              Value.text("NAME").list(),
              "What clients call the model, or several names.")
          .byDefaultSaid("the name of its folder")
          .shown();
  private static final Option<Integer> MAX_QUEUED =
      Option.of(
              "--max-queued",
              Value.whole("N", 0),
              "Most requests that wait; further ones are told to come again.")
          .byDefault(1024);
  private static final Option<Boolean> LENIENT =
      Option.flag("--lenient", "Pass over fields of requests that nobody knows.");
  private static final Option<List<String>> ORIGINS =
      Option.of(
              "--allow-origin",
              Value.text("ORIGIN").list(),
              "Pages that may ask through a browser, as https://example.org; * for all.")
          .byDefaultSaid("none");
  private static final Option<Path> TLS_CERTIFICATE =
      Option.of("--tls-cert", Value.file("FILE"), "Certificate chain in PEM form, for HTTPS.");
  private static final Option<Path> TLS_KEY =
      Option.of("--tls-key", Value.file("FILE"), "Its private key in PEM form.");
  private static final Option<Long> MAX_BODY =
      Option.of("--max-body", MemorySize.VALUE, "Most bytes of a request.")
          .or(8L << 20)
          .byDefaultSaid("8MiB");
  private static final Option<Integer> WRITE_TIMEOUT =
      Option.of(
              "--write-timeout",
              Value.whole("SECONDS", 1),
              "How long a client may take nothing of its answer before its connection is closed.")
          .byDefault(60);
  private static final Option<Integer> DRAIN =
      Option.of(
              "--drain",
              Value.whole("SECONDS", 0),
              "How long the first Ctrl-C waits for answers under way.")
          .byDefault(30);

  private static final Option<String> LOG =
      Option.of(
              "--access-log",
              Value.oneOf(List.of("text", "json", "none")),
              "How requests are logged, on standard error: a line each when it is over.")
          .byDefault("text");

  private final Console console;
  private final CountDownLatch ending = new CountDownLatch(1);

  ServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "serve",
            "Answers over HTTP as OpenAI's interface does: /v1/completions, /v1/chat/completions,"
                + " /v1/models; and /tokenize, /detokenize, /health, /metrics, /version.")
        .details(
            "Options of answers hold where a request states nothing. Beside OpenAI's fields a"
                + " request may state ours: steps, exit, exit_threshold, min_steps, kv, continuous,"
                + " speculate.",
            "The first Ctrl-C lets answers under way end, the second waits for nothing.")
        .groups(
            Group.of("Server", HOST, PORT, API_KEY, NAMES, MAX_QUEUED, LENIENT, ORIGINS)
                .and(TLS_CERTIFICATE, TLS_KEY, MAX_BODY, WRITE_TIMEOUT, DRAIN, LOG),
            RequestFlags.SAMPLING,
            RequestFlags.THINKING,
            ModelOptions.group())
        .examples(
            "muninn serve",
            "muninn serve --model DIR --served-model-name huginn --port 8080",
            "MUNINN_API_KEY=secret muninn serve --host 0.0.0.0 --tls-cert chain.pem"
                + " --tls-key key.pem");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions model = new ModelOptions(given);
    RequestFlags flags = new RequestFlags(given);
    try (Server server =
        Server.open(options(given, model), new Failures(console)::report, this::log)) {
      console
          .interrupt()
          .untilEnd(() -> drain(server, Duration.ofSeconds(given.get(DRAIN))), ending::countDown);
      try (LateEngine late =
          model.lateToServe(console, flags.steps(), given.get(MAX_QUEUED), server.monitor())) {
        Engine engine = late.engine();
        Options defaults = flags.over(Options.of(engine.model().config()));
        server.serve(engine, defaults, seeds(given));
        console
            .err()
            .println(
                "muninn: listening at "
                    + (given.has(TLS_CERTIFICATE) ? "https" : "http")
                    + "://"
                    + given.get(HOST)
                    + ":"
                    + server.port()
                    + ", with room for "
                    + engine.room().sequences()
                    + " requests at once and "
                    + engine.room().lanes()
                    + " lanes");
        ending.await();
        server.stop();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Interrupt.EXIT_CODE;
  }

  private void log(String line) {
    console.err().println(line);
  }

  private void drain(Server server, Duration most) {
    console
        .err()
        .println("muninn: waiting for the answers in work; Ctrl-C again ends without them");
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              server.drain(most);
              ending.countDown();
            });
  }

  /** The seed that was given, or another one for each request. */
  private static LongSupplier seeds(Arguments given) {
    if (given.has(RequestFlags.SEED)) {
      long seed = given.get(RequestFlags.SEED);
      return () -> seed;
    }
    RandomGenerator random = new SecureRandom();
    return () -> random.nextLong() >>> 1; // JSON readers like them positive
  }

  private ServerOptions options(Arguments given, ModelOptions model) {
    if (given.has(TLS_CERTIFICATE) != given.has(TLS_KEY)) {
      throw new UsageException("--tls-cert and --tls-key are given together or not at all");
    }
    Optional<ServerOptions.TlsFiles> tls =
        given.has(TLS_KEY)
            ? Optional.of(
                new ServerOptions.TlsFiles(given.get(TLS_CERTIFICATE), given.get(TLS_KEY)))
            : Optional.empty();
    return new ServerOptions(
        given.get(HOST),
        given.get(PORT),
        keys(given),
        given.has(NAMES) ? given.get(NAMES) : List.of(name(model.name())),
        given.get(LENIENT),
        given.has(ORIGINS) ? given.get(ORIGINS) : List.of(),
        tls,
        new ServerOptions.Limits(
            given.get(MAX_BODY),
            model.mostSequences() + given.get(MAX_QUEUED),
            Duration.ofSeconds(given.get(WRITE_TIMEOUT))),
        ServerOptions.Log.valueOf(given.get(LOG).toUpperCase(Locale.ROOT)),
        version());
  }

  private static List<String> keys(Arguments given) {
    if (given.has(API_KEY)) {
      return given.get(API_KEY).stream().map(key -> Key.checked(key, API_KEY.name())).toList();
    }
    String key = Key.checked(System.getenv().getOrDefault(KEY_VARIABLE, ""), KEY_VARIABLE);
    return key.isEmpty() ? List.of() : List.of(key);
  }

  private static String name(String model) {
    Path file = Path.of(model).getFileName();
    return file == null ? model : file.toString();
  }

  private static String version() {
    try {
      return Version.number();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
