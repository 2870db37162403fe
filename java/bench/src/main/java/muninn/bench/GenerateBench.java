package muninn.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.Generation;
import muninn.engine.Options;
import muninn.engine.Request;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Greedy generation through the public API, on the CPU: answers to a batch of equal prompts,
 * submitted at once. Reports batches a second and, as {@code tokens}, new tokens a second of all
 * answers together.
 *
 * <p>The time of a batch runs from submission to the last token of the last answer, so it holds the
 * prefill of the prompts as well: 8 positions against {@code newTokens}. Latents start from zero
 * and end-of-text tokens do not end an answer, so every run does the same work.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
public class GenerateBench {
  private static final int[] PROMPT = {1, 2, 3, 4, 5, 6, 7, 8};

  /** A model folder, relative to the working folder or, if it is not there, to the repository. */
  @Param("weights/raven-sums")
  public String model;

  /** Requests submitted at once. */
  @Param({"1", "16"})
  public int batch;

  /** Recurrence steps for every position. */
  @Param("16")
  public int steps;

  /** New tokens of each answer. */
  @Param("64")
  public int newTokens;

  /** Threads of the device; 0 takes all cores. */
  @Param("0")
  public int threads;

  private Engine engine;
  private Request request;

  /** What JMH prints as tokens/s. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Made {
    /** New tokens. */
    public long tokens;
  }

  @Setup
  public void open() {
    Path folder = Path.of(model);
    if (!Files.isDirectory(folder)) {
      folder = Path.of(System.getProperty("muninn.home", ""), model);
    }
    int lanes = Math.max(EngineOptions.DEFAULT.fewestLanes(), batch);
    engine =
        Engine.open(
            folder,
            new EngineOptions(DeviceOptions.cpu(threads), lanes, batch, steps, 0)
                .withPrefixReuse(false));
    request =
        new Request(
            PROMPT,
            Options.DEFAULT
                .withSteps(steps)
                .withMaxTokens(newTokens)
                .withInitScale(0)
                .withIgnoreEos(true));
  }

  @TearDown
  public void close() {
    engine.close();
  }

  @Benchmark
  public int generate(Made made) {
    List<Generation> answers = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      answers.add(engine.submit(request));
    }
    int tokens = 0;
    for (Generation answer : answers) {
      tokens += answer.completion().join().tokens().size();
    }
    if (tokens != batch * newTokens) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%d tokens instead of %d: the model's block_size is %d, lower newTokens",
              tokens,
              batch * newTokens,
              engine.model().config().blockSize()));
    }
    made.tokens += tokens;
    return tokens;
  }
}
