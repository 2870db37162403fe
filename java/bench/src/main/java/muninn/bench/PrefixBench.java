package muninn.bench;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.answer.Generation;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.model.Model;
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
 * What prefix reuse saves, on the CPU, through the public API, with random weights. Every run has
 * tokens of its own, so nothing is found but what it left itself.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
public abstract class PrefixBench {
  @Param({"true", "false"})
  public boolean reuse;

  /** Recurrence steps for every position. */
  @Param("16")
  public int steps;

  private final Random random = new Random(1);
  private Engine engine;

  /** A shape of random weights. */
  abstract String model();

  @Setup
  public void open() {
    EngineOptions options = new EngineOptions(DeviceOptions.cpu(0), 256, 64, steps, 0);
    engine = Engine.open(Model.open(model()), options.withPrefixReuse(reuse));
  }

  @TearDown
  public void close() {
    engine.close();
  }

  int[] tokens(int count) {
    return random.ints(count, 0, engine.model().config().vocabulary()).toArray();
  }

  static int[] with(int[] before, int... after) {
    return IntStream.concat(IntStream.of(before), IntStream.of(after)).toArray();
  }

  Generation ask(int[] prompt, int newTokens) {
    Options options =
        Options.DEFAULT
            .withSteps(steps)
            .withMaxTokens(newTokens)
            .withInitScale(0)
            .withIgnoreEos(true);
    return engine.submit(new Request(prompt, options));
  }
}
