package muninn.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.engine.request.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs on executors in processes of their own, against one engine in this one. */
class ClusterTest {
  private static final UnaryOperator<Options> OPTIONS =
      defaults -> defaults.withSteps(2).withMaxTokens(4);
  private static final List<String> ASKED = List.of("--steps", "2", "--max-tokens", "4");
  private static final Pattern OPENED = Pattern.compile("engine opened on (\\S+) ");

  /** A kind of broken row each. */
  private static final List<String> BROKEN =
      List.of(
          "{",
          "[]",
          "17",
          "{\"prompt\":\"1+1=\"} x",
          "{\"prompt\":5}",
          "{\"prompt\":\"1+1=\",\"steps\":-1}",
          "{\"prompt\":\"1+1=\",\"steps\":100000}",
          "{\"prompt\":\"1+1=\",\"max_tokens\":\"many\"}",
          "{\"prompt\":\"1+1=\",\"colour\":\"red\"}",
          "{\"prompt\":\"1+1=\",\"tokens\":[1]}",
          "{\"tokens\":[99999]}",
          "{\"tokens\":[]}",
          "{\"messages\":[]}",
          "{\"custom_id\":\"s3\",\"prompt\":\"1+1=\"}",
          "{\"custom_id\":[1],\"prompt\":\"1+1=\"}",
          "{\"custom_id\":\"wrapped\",\"method\":\"GET\",\"url\":\"/v1/completions\",\"body\":{}}",
          "{}",
          "{\"prompt\":\"1+1=\",\"prompt\":\"2+2=\"}",
          "{\"prompt\":\"1+1=\",\"temperature\":-3}",
          "\u00e9\u00ff"); // written as Latin-1, so no UTF-8

  @TempDir private Path folder;

  @Test
  void rowsAreThoseOfOneEngineWithBrokenOnesAmongThemAndTasksRunTwice() throws Exception {
    List<String> lines = sums(2000);
    for (int i = 0; i < BROKEN.size(); i++) {
      lines.add(100 * i + 50, BROKEN.get(i));
    }
    lines.add(1000, "  ");
    Path in = write(lines);
    List<String> speculation = new ArrayList<>();
    for (String setting :
        List.of(
            "=true", ".interval=20ms", ".multiplier=1.0", ".quantile=0.1", ".minTaskRuntime=0")) {
      speculation.addAll(List.of("--conf", "spark.speculation" + setting));
    }

    try (Job job = Job.submit(folder, speculation, ASKED)) {
      assertThat(job.end()).as(job.log()).isZero();

      List<String> answers = job.answers();
      assertThat(Job.differences(answers, Job.onOneEngine(in, OPTIONS))).isEmpty();
      assertThat(answers).hasSize(2020);
      assertThat(answers).filteredOn(line -> line.contains("\"error\"")).hasSize(20);
      assertThat(job.log())
          .contains("out: 2020 lines answered (20 with an error)")
          .containsPattern("outside the engines: [0-9.]+ % of 2 tasks x [0-9.]+ s; in them ");
    }
  }

  @Test
  void anExecutorThatIsKilledInTheMiddleChangesNoRow() throws Exception {
    Path in = write(sums(2000));
    List<String> options = new ArrayList<>(ASKED);
    options.addAll(List.of("--partitions", "16"));

    try (Job job = Job.submit(folder, List.of(), options)) {
      job.awaitFirstTask();
      List<ProcessHandle> executors = job.executors();
      assertThat(executors).as(job.log()).hasSize(2);
      executors.getFirst().destroyForcibly();

      assertThat(job.end()).as(job.log()).isZero();
      assertThat(job.log()).contains("Lost executor");
      assertThat(Job.differences(job.answers(), Job.onOneEngine(in, OPTIONS))).isEmpty();
    }
  }

  @Test
  void eachExecutorComputesOnTheGpuThatItsTasksWereGiven() throws Exception {
    Path emulated = Path.of(System.getProperty("muninn.native")).toAbsolutePath();
    assumeTrue(
        Files.exists(emulated.resolve("libmuninn-emulated.so")), "g++ built the emulated device");
    Path in = write(sums(16));
    Path discovery = folder.resolve("gpus");
    Files.writeString(
        discovery, "#!/bin/sh\necho '{\"name\":\"gpu\",\"addresses\":[\"0\",\"1\"]}'\n");
    Files.setPosixFilePermissions(discovery, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> spark = new ArrayList<>(List.of("--master", "local-cluster[1,2,2048]"));
    for (String setting :
        List.of(
            "spark.worker.resource.gpu.amount=2",
            "spark.worker.resource.gpu.discoveryScript=" + discovery,
            "spark.executor.resource.gpu.amount=1",
            "spark.task.resource.gpu.amount=1",
            "spark.executor.cores=1",
            "spark.executor.memory=1g",
            "spark.cores.max=2",
            "spark.scheduler.minRegisteredResourcesRatio=1.0",
            "spark.executorEnv.MUNINN_EMULATED_DEVICES=2",
            "spark.executorEnv.MUNINN_EMULATED_QUIET=1",
            "spark.executor.extraJavaOptions=-Dmuninn.native=" + emulated)) {
      spark.addAll(List.of("--conf", setting));
    }
    List<String> options = new ArrayList<>(ASKED);
    options.addAll(List.of("--device", "emulated", "--dtype", "float32", "--partitions", "4"));

    try (Job job = Job.submit(folder, spark, options)) {
      assertThat(job.end()).as(job.log()).isZero();

      List<String> devices = new ArrayList<>();
      for (String log : job.executorLogs()) {
        Matcher opened = OPENED.matcher(log);
        while (opened.find()) {
          devices.add(opened.group(1));
        }
      }
      assertThat(devices).containsExactlyInAnyOrder("emulated:0", "emulated:1");
      assertThat(Job.differences(job.answers(), Job.onOneEngine(in, OPTIONS))).isEmpty();
    }
  }

  private static List<String> sums(int count) {
    Random random = new Random(13);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int a = random.nextInt(1000);
      int b = random.nextInt(1000);
      String drawn = i % 3 == 0 ? ",\"temperature\":1,\"seed\":" + i : "";
      lines.add("{\"custom_id\":\"s" + i + "\",\"prompt\":\"" + a + "+" + b + "=\"" + drawn + "}");
    }
    return lines;
  }

  private Path write(List<String> lines) throws Exception {
    Path in = folder.resolve("in.jsonl");
    return Files.write(in, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.ISO_8859_1));
  }
}
