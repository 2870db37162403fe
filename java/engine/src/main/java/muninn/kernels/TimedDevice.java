package muninn.kernels;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Any device, with a clock beside it: it does what the other one does, and tells a listener when
 * each stage, and in it each operation, began and ended on the device. Times come from marks
 * ({@link Device#mark}) in the order of operations: on a GPU from its own clock, on the CPU from
 * the host's.
 *
 * <p>Stages are timed as they run, recorded ones as one piece. Operations are timed by running the
 * stage's operations one by one with a mark after each: nothing is recorded then, and no kernel
 * begins before its predecessor has ended, so on a GPU they take longer than in a recorded stage.
 */
public final class TimedDevice implements Device {

  /** How closely to look. */
  public enum Detail {
    OFF,
    STAGES,
    OPERATIONS
  }

  /** Hears what was timed, on the device's thread. */
  public interface Listener {
    /** A stage is being enqueued; its times are told later, in this order. */
    void enqueued(String stage);

    /** A stage is done. */
    void done(Timed stage);

    /** The host has waited for results, from and to these values of {@link System#nanoTime}. */
    void waited(long from, long to);
  }

  /**
   * A stage, or an operation outside of all stages as a stage of its own. Times are values of
   * {@link System#nanoTime}, those of a GPU put on that scale.
   *
   * @param from when the host began to enqueue it
   * @param to when it had
   * @param begin when the device began
   * @param operations what it did, in order; empty at the detail of stages
   */
  public record Timed(
      String stage,
      int lanes,
      long from,
      long to,
      double begin,
      double end,
      List<Operation> operations) {}

  /**
   * One operation of a stage.
   *
   * @param weights of a product; null for others
   * @param out where its result went; null where that is no buffer
   */
  public record Operation(String name, Weights weights, Buffer out, double begin, double end) {}

  private record Step(String name, Weights weights, Buffer out, Mark end) {}

  private record Pending(
      String stage, int lanes, long from, long to, Mark begin, Mark end, List<Step> steps) {}

  /** Stages to be told about together at least, where nobody waits for results. */
  private static final int MOST_PENDING = 256;

  private final Device device;
  private final Listener listener;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private Detail detail = Detail.OFF;
  private List<Step> steps; // of the stage being enqueued; null outside of one
  private Mark last; // where the device's clock was last read
  private double lastNanos; // and what it said

  /**
   * @param device is closed with this one
   */
  public TimedDevice(Device device, Listener listener) {
    this.device = device;
    this.listener = listener;
  }

  /** Looks so closely from now on; what was seen before is told, which waits for the device. */
  public void look(Detail closely) {
    finish();
    if (last != null) {
      last.close();
      last = null;
    }
    detail = closely;
    if (detail != Detail.OFF) {
      lastNanos = System.nanoTime(); // the device has nothing to do, so it marks the place at once
      last = device.mark();
    }
  }

  /** Waits for the device, and tells all that was timed. */
  public void finish() {
    if (!pending.isEmpty()) {
      device.synchronize();
      tell();
    }
  }

  /** Tells what is done, without waiting. */
  public void tell() {
    while (!pending.isEmpty() && pending.peek().end.passed()) {
      tell(pending.remove());
    }
  }

  private void tell(Pending stage) {
    double begin = read(stage.begin);
    List<Operation> operations = new ArrayList<>(stage.steps.size());
    double from = begin;
    for (Step step : stage.steps) {
      double to = read(step.end);
      operations.add(new Operation(step.name, step.weights, step.out, from, to));
      from = to;
    }
    double end = stage.steps.isEmpty() ? read(stage.end) : from;
    listener.done(
        new Timed(stage.stage, stage.lanes, stage.from, stage.to, begin, end, operations));
  }

  /** The device's clock at a mark, which follows the one read before. */
  private double read(Mark mark) {
    lastNanos += mark.nanosSince(last);
    last.close();
    last = mark;
    return lastNanos;
  }

  private void stage(String name, int lanes, Runnable enqueue) {
    if (detail == Detail.OFF || steps != null || lanes == 0) {
      enqueue.run();
      return;
    }
    listener.enqueued(name);
    long from = System.nanoTime();
    Mark begin = device.mark();
    steps = new ArrayList<>();
    try {
      enqueue.run();
    } finally {
      List<Step> done = steps;
      steps = null;
      Mark end = done.isEmpty() ? device.mark() : done.getLast().end;
      pending.add(new Pending(name, lanes, from, System.nanoTime(), begin, end, done));
    }
    if (pending.size() >= MOST_PENDING) {
      tell();
    }
  }

  /** An operation has been enqueued. */
  private void did(String name, Weights weights, Buffer out) {
    if (steps != null && detail == Detail.OPERATIONS) {
      steps.add(new Step(name, weights, out, device.mark()));
    }
  }

  private <R> R awaited(Supplier<R> await) {
    if (detail == Detail.OFF) {
      return await.get();
    }
    long from = System.nanoTime();
    R result = await.get();
    listener.waited(from, System.nanoTime());
    tell();
    return result;
  }

  // Operations

  @Override
  public void stage(String name, Lanes lanes, Runnable operations) {
    stage(
        name,
        lanes.size(),
        detail == Detail.OPERATIONS ? operations : () -> device.stage(name, lanes, operations));
  }

  @Override
  public void embed(
      Lanes lanes, Weights embedding, float scale, Sampled sampled, Sequences sequences, Buffer x) {
    stage(
        "embed",
        lanes.size(),
        () -> {
          device.embed(lanes, embedding, scale, sampled, sequences, x);
          did("embed", null, x);
        });
  }

  @Override
  public void initialState(Lanes lanes, float sigma, Sequences sequences, Buffer s) {
    stage(
        "initialState",
        lanes.size(),
        () -> {
          device.initialState(lanes, sigma, sequences, s);
          did("initialState", null, s);
        });
  }

  @Override
  public void adapter(Lanes lanes, Buffer s, Buffer e, Weights weights, Buffer x) {
    stage(
        "adapter",
        lanes.size(),
        () -> {
          device.adapter(lanes, s, e, weights, x);
          did("adapter", weights, x);
        });
  }

  @Override
  public void scatter(Lanes lanes, Buffer x, Buffer out) {
    stage(
        "scatter",
        lanes.size(),
        () -> {
          device.scatter(lanes, x, out);
          did("scatter", null, out);
        });
  }

  @Override
  public void gatherNorm(Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out) {
    stage(
        "gatherNorm",
        lanes.size(),
        () -> {
          device.gatherNorm(lanes, x, weight, eps, out);
          did("gatherNorm", null, out);
        });
  }

  @Override
  public void norm(Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out) {
    stage(
        "norm",
        lanes.size(),
        () -> {
          device.norm(lanes, x, weight, eps, out);
          did("norm", null, out);
        });
  }

  @Override
  public void normNorm(
      Lanes lanes, Buffer y, Buffer after, Buffer x, Buffer before, float eps, Buffer out) {
    stage(
        "normNorm",
        lanes.size(),
        () -> {
          device.normNorm(lanes, y, after, x, before, eps, out);
          did("normNorm", null, out);
        });
  }

  @Override
  public void queryKeyValue(
      Lanes lanes,
      Buffer x,
      Weights weights,
      Buffer bias,
      Buffer rope,
      Sequences sequences,
      KvCache cache,
      KvSlot slot,
      Buffer q) {
    stage(
        "queryKeyValue",
        lanes.size(),
        () -> {
          device.queryKeyValue(lanes, x, weights, bias, rope, sequences, cache, slot, q);
          did("queryKeyValue", weights, q);
        });
  }

  @Override
  public void attention(
      Lanes lanes, Buffer q, Sequences sequences, KvCache cache, KvSlot slot, Buffer out) {
    stage(
        "attention",
        lanes.size(),
        () -> {
          device.attention(lanes, q, sequences, cache, slot, out);
          did("attention", null, out);
        });
  }

  @Override
  public void linearAdd(Lanes lanes, Buffer x, Weights weights, Buffer residual, Buffer out) {
    stage(
        "linearAdd",
        lanes.size(),
        () -> {
          device.linearAdd(lanes, x, weights, residual, out);
          did("linearAdd", weights, out);
        });
  }

  @Override
  public void swiglu(Lanes lanes, Buffer x, Weights weights, Buffer out) {
    stage(
        "swiglu",
        lanes.size(),
        () -> {
          device.swiglu(lanes, x, weights, out);
          did("swiglu", weights, out);
        });
  }

  @Override
  public void linear(Lanes lanes, Buffer x, Weights weights, Buffer out) {
    stage(
        "linear",
        lanes.size(),
        () -> {
          device.linear(lanes, x, weights, out);
          did("linear", weights, out);
        });
  }

  @Override
  public void copyRows(Lanes lanes, Buffer from, Buffer to) {
    stage(
        "copyRows",
        lanes.size(),
        () -> {
          device.copyRows(lanes, from, to);
          did("copyRows", null, to);
        });
  }

  @Override
  public void clearRows(Lanes lanes, Buffer to) {
    stage(
        "clearRows",
        lanes.size(),
        () -> {
          device.clearRows(lanes, to);
          did("clearRows", null, to);
        });
  }

  @Override
  public Samples sample(Lanes lanes, Buffer logits, Sequences sequences, Sampled sampled) {
    Samples[] enqueued = new Samples[1];
    stage(
        "sample",
        lanes.size(),
        () -> {
          enqueued[0] = device.sample(lanes, logits, sequences, sampled);
          did("sample", null, null);
        });
    return () -> awaited(enqueued[0]::await);
  }

  @Override
  public LatentMeasures latentMeasures(Lanes lanes, Buffer s, Buffer previous) {
    LatentMeasures[] enqueued = new LatentMeasures[1];
    stage(
        "latentMeasures",
        lanes.size(),
        () -> {
          enqueued[0] = device.latentMeasures(lanes, s, previous);
          did("latentMeasures", null, null);
        });
    return () -> awaited(enqueued[0]::await);
  }

  @Override
  public OutputMeasures outputMeasures(Lanes lanes, Buffer logits, Buffer previous) {
    OutputMeasures[] enqueued = new OutputMeasures[1];
    stage(
        "outputMeasures",
        lanes.size(),
        () -> {
          enqueued[0] = device.outputMeasures(lanes, logits, previous);
          did("outputMeasures", null, null);
        });
    return () -> awaited(enqueued[0]::await);
  }

  // The rest is not timed

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public int ticksAhead() {
    return device.ticksAhead();
  }

  @Override
  public String platform() {
    return device.platform();
  }

  @Override
  public long grantedBytes() {
    return device.grantedBytes();
  }

  @Override
  public long kvPageBytes(int heads, int headWidth) {
    return device.kvPageBytes(heads, headWidth);
  }

  @Override
  public Weights weights(Stored stored) {
    return device.weights(stored);
  }

  @Override
  public Weights randomWeights(long seed, int rows, int columns, float sigma) {
    return device.randomWeights(seed, rows, columns, sigma);
  }

  @Override
  public Buffer table(DType dtype, int rows, int columns, MemorySegment data) {
    return device.table(dtype, rows, columns, data);
  }

  @Override
  public Buffer buffer(int rows, int columns) {
    return device.buffer(rows, columns);
  }

  @Override
  public Buffer operand(int rows, int columns) {
    return device.operand(rows, columns);
  }

  @Override
  public Lanes lanes(int capacity) {
    return device.lanes(capacity);
  }

  @Override
  public KvCache kvCache(int pages, int heads, int headWidth) {
    return device.kvCache(pages, heads, headWidth);
  }

  @Override
  public Sequences sequences(int count, int positions, int slots) {
    return device.sequences(count, positions, slots);
  }

  @Override
  public Sampled sampled(int rows) {
    return device.sampled(rows);
  }

  @Override
  public void synchronize() {
    device.synchronize();
  }

  @Override
  public Mark mark() {
    return device.mark();
  }

  @Override
  public long cacheBytes() {
    return device.cacheBytes();
  }

  @Override
  public Ceilings ceilings(long readBytes) {
    return device.ceilings(readBytes);
  }

  @Override
  public float[] read(Buffer buffer, int row) {
    return device.read(buffer, row);
  }

  @Override
  public Optional<OnGpu> onGpu(Buffer buffer) {
    return device.onGpu(buffer);
  }

  @Override
  public void close() {
    device.close();
  }
}
