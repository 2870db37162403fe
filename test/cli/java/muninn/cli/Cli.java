package muninn.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs the command: in this process over streams of its own, or as a process that can be killed.
 */
final class Cli {
  private Cli() {}

  /** How a run ended and what it printed. */
  record Result(int code, String out, String err) {}

  /** A checkpoint of random weights, without tokenizer. */
  static String nano() {
    return golden("raven-nano");
  }

  /** Of any family. */
  static String golden(String checkpoint) {
    try {
      return Path.of(Cli.class.getResource("/golden/" + checkpoint).toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Result run(String... arguments) {
    return runWith("", arguments);
  }

  static Result runWith(String input, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Result result = runInto(out, new Interrupt(), input, arguments);
    return new Result(result.code(), out.toString(StandardCharsets.UTF_8), result.err());
  }

  /** Runs with output to a stream of the test's. */
  static Result runInto(OutputStream out, Interrupt interrupt, String input, String... arguments) {
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            Output.writer(out),
            new PrintWriter(err, true),
            interrupt,
            false);
    int code = Main.run(console, arguments);
    return new Result(code, "", err.toString());
  }

  /** A stream that takes nothing, for the reason given. */
  static OutputStream failing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(reason);
      }
    };
  }

  /** Starts the command as a process on two threads. */
  static Process start(Path err, String... arguments) throws IOException {
    return builder(List.of(), err, arguments).start();
  }

  /** The same with variables of the environment; none of the machine's that concern the hub. */
  static Process start(Map<String, String> environment, Path err, String... arguments)
      throws IOException {
    ProcessBuilder process = builder(List.of(), err, arguments);
    process.environment().keySet().removeIf(name -> name.startsWith("HF_"));
    process.environment().putAll(environment);
    return process.start();
  }

  /** Starts the command through another one, which is to replace itself by it. */
  static Process start(List<String> wrapper, Path err, String... arguments) throws IOException {
    return builder(wrapper, err, arguments).start();
  }

  private static ProcessBuilder builder(List<String> wrapper, Path err, String... arguments) {
    List<String> command = new ArrayList<>(wrapper);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:ActiveProcessorCount=2",
            "-cp",
            System.getProperty("java.class.path"),
            "muninn.cli.Main"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()));
  }
}
