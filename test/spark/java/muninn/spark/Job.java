package muninn.spark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import muninn.Progress;
import muninn.batch.BatchJob;
import muninn.batch.JobInput;
import muninn.batch.JobOutput;
import muninn.batch.JobSetting;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.request.Options;
import muninn.model.Model;
import muninn.wire.Responder;

/**
 * A batch job that {@code tools/spark-batch} submits to Spark as it is published, with executors in
 * processes of their own; and the same job without Spark.
 */
final class Job implements AutoCloseable {
  static final Path HOME = Path.of(System.getProperty("muninn.home")).toAbsolutePath().normalize();
  static final Path MODEL = HOME.resolve("weights/raven-sums");
  private static final Pattern LINE = Pattern.compile("\"line\":(\\d+)");

  private final Path folder;
  private final Process process;

  private Job(Path folder, Process process) {
    this.folder = folder;
    this.process = process;
  }

  /** Starts one whose files lie in a folder of its own, {@code in.jsonl} among them. */
  static Job submit(Path folder, List<String> spark, List<String> options) throws IOException {
    Path app = Files.createDirectories(folder.resolve("app"));
    link(app.resolve("muninn-spark.jar"), "muninn.spark.jar");
    link(app.resolve("jars"), "muninn.spark.jars");
    Files.writeString(app.resolve("spark.jsa"), "an archive of classes that no JVM takes");
    List<String> command = new ArrayList<>(List.of(HOME.resolve("tools/spark-batch").toString()));
    command.addAll(List.of("--conf", "spark.ui.enabled=false"));
    command.addAll(spark);
    command.addAll(List.of("in.jsonl", "out"));
    command.addAll(options);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    Map<String, String> environment = builder.environment();
    environment.put("MUNINN_SPARK_APP", app.toString());
    environment.put("MUNINN_JAVA_HOME", System.getProperty("java.home"));
    environment.put("SPARK_LOCAL_IP", "127.0.0.1");
    environment.remove("SPARK_HOME");
    builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
    return new Job(folder, builder.start());
  }

  private static void link(Path link, String property) throws IOException {
    Files.createSymbolicLink(link, Path.of(System.getProperty(property)).toAbsolutePath());
  }

  /** Its executors' processes: the driver starts no others. */
  List<ProcessHandle> executors() {
    return process
        .descendants()
        .filter(child -> child.info().command().filter(name -> name.endsWith("java")).isPresent())
        .toList();
  }

  /** Waits until a task's answers are in place, while others are to be made. */
  void awaitFirstTask() throws IOException, InterruptedException {
    Path temporary = folder.resolve("out/_temporary");
    while (process.isAlive()) {
      if (Files.isDirectory(temporary)) {
        try (Stream<Path> files = Files.walk(temporary, 2)) {
          if (files.anyMatch(file -> file.getFileName().toString().startsWith("task_"))) {
            return;
          }
        } catch (UncheckedIOException e) {
          // It changed while we looked.
        }
      }
      Thread.sleep(20);
    }
  }

  /** Waits for its end, and answers the exit code. */
  int end() throws InterruptedException {
    return process.waitFor(4, TimeUnit.MINUTES) ? process.exitValue() : -1;
  }

  /** What it said. */
  String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  /** What its executors said, each. */
  List<String> executorLogs() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("app/home/work"))) {
      List<String> logs = new ArrayList<>();
      for (Path file : files.filter(f -> f.endsWith("stderr")).toList()) {
        logs.add(Files.readString(file));
      }
      return logs;
    }
  }

  /** The lines of its output by the number of the line that they answer. */
  List<String> answers() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".txt")).toList()) {
        lines.addAll(lines(file));
      }
    }
    return sorted(lines);
  }

  /** The answers of {@code muninn batch}, alike. */
  static List<String> onOneEngine(Path in, UnaryOperator<Options> over) throws IOException {
    Path out = in.resolveSibling("one-engine.jsonl");
    EngineOptions options =
        new EngineOptions(DeviceOptions.cpu(2), 256, 64, 128, EngineOptions.DEFAULT.kvBytes());
    try (Engine engine = Engine.open(Model.open(MODEL.toString()), options)) {
      new BatchJob(
              JobInput.file(in),
              JobOutput.file(out),
              JobSetting.of(engine.model(), options),
              Responder.of(engine),
              over.apply(Options.of(engine.model().config())),
              256,
              Progress.Display.NONE)
          .run(false);
    }
    return sorted(lines(out));
  }

  /** Where two lists of lines differ, in words; of a thousand lines nobody would see it. */
  static List<String> differences(List<String> found, List<String> wanted) {
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < Math.max(found.size(), wanted.size()); i++) {
      String line = i < found.size() ? found.get(i) : "nothing";
      String other = i < wanted.size() ? wanted.get(i) : "nothing";
      if (!line.equals(other)) {
        differences.add("found " + line + "\nwanted " + other);
      }
    }
    return differences;
  }

  private static List<String> lines(Path file) throws IOException {
    return new String(Files.readAllBytes(file), UTF_8).lines().toList();
  }

  private static List<String> sorted(List<String> lines) {
    return lines.stream().sorted(Comparator.comparingInt(Job::number)).toList();
  }

  private static int number(String line) {
    Matcher number = LINE.matcher(line);
    return number.find() ? Integer.parseInt(number.group(1)) : 0;
  }

  /** Ends it; the links to Spark's jars are no files of the test's to be deleted. */
  @Override
  public void close() throws IOException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try (Stream<Path> files = Files.walk(folder.resolve("app"))) {
      for (Path link : files.filter(Files::isSymbolicLink).toList()) {
        Files.delete(link);
      }
    }
  }
}
