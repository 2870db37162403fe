package muninn.lab.bench;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import muninn.kernels.Cost;
import muninn.kernels.Variant;
import muninn.lab.Ceiling;
import muninn.lab.Limits;
import muninn.lab.Timing;
import muninn.model.Config;

/** All that a {@link Bench} found, and what it was taken on. */
public record BenchResult(
    Setting setting,
    List<Ceiling> ceilings,
    Limits limits,
    List<Row> operations,
    List<Row> ticks,
    List<Row> prefill,
    List<Generated> generation,
    List<Variation> variants) {

  /**
   * Where and on what it was taken.
   *
   * @param device as {@code muninn devices} names it
   * @param platform driver, clocks, versions
   * @param load the system's mean number of running threads over the minute before, of others then;
   *     negative where it does not tell
   * @param cacheBytes of the last-level cache, 0 where not known
   * @param matrixBytes of the weights on the device, by the label of their format, most first
   * @param operands element type of what products read, of keys and of values
   */
  public record Setting(
      Instant date,
      String processor,
      int cores,
      double load,
      String device,
      String platform,
      long cacheBytes,
      String model,
      Config config,
      Map<String, Long> matrixBytes,
      String operands,
      BenchOptions options) {}

  /**
   * An operation, or a stage.
   *
   * @param lanes lanes, or positions of a prompt
   * @param floorNanos {@link Limits#floorNanos}
   * @param expectedNanos by the timing model of a card; null where none was named
   * @param byMemory whether the memory sets the floor, not the arithmetic
   * @param cached whether the last-level cache may hold all that is read from one time to the next,
   *     so that the floor, which is the memory's, can be beaten
   */
  public record Row(
      String name,
      int lanes,
      Timing timing,
      Cost cost,
      double floorNanos,
      Double expectedNanos,
      boolean byMemory,
      boolean cached) {

    /** How much of what is possible it reaches: 1 is the floor itself. */
    public double ofFloor() {
      return floorNanos / timing.nanos();
    }
  }

  /**
   * An operation by one of several kernels.
   *
   * @param twinNanos what the same operation takes on the CPU
   */
  public record Variation(Row row, Variant variant, double twinNanos) {
    /** As {@link muninn.engine.DeviceOptions#kernels} takes it. */
    public String choice() {
      return variant.operation() + "=" + variant.name();
    }

    /** Whether the device takes it by itself for so many lanes. */
    public boolean taken() {
      return variant.isFor(row.lanes());
    }
  }

  /**
   * Ticks of an answer. A prompt and each token but the last are thought about for so many ticks as
   * steps were asked for, one position after the other, and may then wait for others, so that coda
   * and head are passed once for all. Beside these waits the two numbers are the same, unless
   * something else held an answer up.
   *
   * @param counted by the engine, without such waits, in the answer that was given most
   * @param implied by the steps and tokens asked for
   */
  public record Ticks(long counted, long implied) {
    public boolean agree() {
      return counted == implied;
    }
  }

  /**
   * Answers of the whole engine.
   *
   * @param perToken between the tokens of one answer
   * @param firstToken from submission to the first token of the last answer that gets one, for
   *     prompts of {@link BenchOptions#PROMPT} tokens
   * @param floorNanos of {@code perToken}: prelude, steps and coda one after the other
   * @param cached whether the last-level cache may hold what a step reads until the next one
   * @param ticksNanos what a token would take by the measured ticks alone, prelude, steps and coda;
   *     null where they were not measured on so many lanes
   */
  public record Generated(
      int steps,
      int batch,
      Timing perToken,
      Timing firstToken,
      double floorNanos,
      boolean cached,
      Ticks ticks,
      Double ticksNanos) {

    /** Of all answers together. */
    public double tokensPerSecond() {
      return batch * 1e9 / perToken.nanos();
    }

    /** How much of what is possible it reaches. */
    public double ofFloor() {
      return floorNanos / perToken.nanos();
    }
  }
}
