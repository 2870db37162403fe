package muninn.engine;

import java.io.Serializable;
import muninn.model.Model;
import muninn.model.WeightChoice;

/**
 * What an engine may use. A value out of range is refused with a {@link muninn.UserException}.
 *
 * @param device where it computes
 * @param maxLanes most positions thought about at once (state rows); 0 leaves it to {@link Room}
 * @param maxSequences most requests in flight at once; further ones wait; 0 leaves it to {@link
 *     Room}
 * @param maxSteps deepest recurrence a request may ask for, at most 65536; sizes the page table
 * @param kvBytes memory for keys and values; 0 takes what the device grants: on the CPU a quarter
 *     of what is free, on a GPU what {@link DeviceOptions#gpuMemoryUtilization} leaves
 * @param maxQueued most requests that wait beside {@code maxSequences} others; a further one is
 *     refused with a {@link QueueFullException}
 * @param weights what matrices of weights are kept in
 * @param prefixReuse whether keys and values that a request leaves are found again by requests that
 *     begin with the same tokens, and think about them in the same way; texts do not depend on it
 * @param offline what most requests are like where nobody waits for any one of them; null: somebody
 *     does
 */
public record EngineOptions(
    DeviceOptions device,
    int maxLanes,
    int maxSequences,
    int maxSteps,
    long kvBytes,
    int maxQueued,
    WeightChoice weights,
    boolean prefixReuse,
    Offline offline)
    implements Serializable {

  /** More steps than that would make page tables, not thoughts. */
  static final int MOST_STEPS = 1 << 16;

  private static final String OPEN = "; 0 takes what memory allows";

  public static final EngineOptions DEFAULT =
      new EngineOptions(DeviceOptions.DEFAULT, 0, 0, 128, 0L);

  /** The default ones for a model. */
  public static EngineOptions of(Model model) {
    return new EngineOptions(
        DEFAULT.device, DEFAULT.maxLanes, DEFAULT.maxSequences, mostSteps(model), DEFAULT.kvBytes);
  }

  /**
   * Steps to make room for where nobody says how many: four times what the model was trained for,
   * and at least 128 where each step is given the input embedding again, which keeps thoughts of
   * any length on course.
   */
  public static int mostSteps(Model model) {
    int most = Math.min(MOST_STEPS, 4 * model.config().meanRecurrence());
    return model.architecture().injects() ? Math.max(DEFAULT.maxSteps, most) : most;
  }

  /** Steps to make room for where an answer is to take that many, as far as any may. */
  public static int mostSteps(Model model, int steps) {
    return Math.min(MOST_STEPS, Math.max(steps, mostSteps(model)));
  }

  public EngineOptions {
    Range.check("max_lanes", maxLanes, 0, Integer.MAX_VALUE, OPEN);
    Range.check("max_sequences", maxSequences, 0, Integer.MAX_VALUE, OPEN);
    Range.check("max_steps", maxSteps, 1, MOST_STEPS, "");
    Range.check("kv_memory", kvBytes, 0, Long.MAX_VALUE, "; 0 takes what the device grants");
    Range.check("max_queued", maxQueued, 0, Integer.MAX_VALUE, "");
  }

  /** With all that wait, weights as the device has them, and prefixes found again. */
  public EngineOptions(
      DeviceOptions device, int maxLanes, int maxSequences, int maxSteps, long kvBytes) {
    this(
        device,
        maxLanes,
        maxSequences,
        maxSteps,
        kvBytes,
        Integer.MAX_VALUE,
        WeightChoice.AUTO,
        true,
        null);
  }

  /** The same with a limit to the requests that wait. */
  public EngineOptions withMaxQueued(int most) {
    return new EngineOptions(
        device, maxLanes, maxSequences, maxSteps, kvBytes, most, weights, prefixReuse, offline);
  }

  /** The same with or without prefixes found again. */
  public EngineOptions withPrefixReuse(boolean reuse) {
    return new EngineOptions(
        device, maxLanes, maxSequences, maxSteps, kvBytes, maxQueued, weights, reuse, offline);
  }

  /**
   * The same for a job that nobody waits for: on a GPU as many requests are in work at once as let
   * it think faster, where their memory suffices ({@link Room}).
   */
  public EngineOptions withOffline(Offline most) {
    return new EngineOptions(
        device, maxLanes, maxSequences, maxSteps, kvBytes, maxQueued, weights, prefixReuse, most);
  }

  /** The same with weights kept in other formats. */
  public EngineOptions withWeights(WeightChoice choice) {
    return new EngineOptions(
        device, maxLanes, maxSequences, maxSteps, kvBytes, maxQueued, choice, prefixReuse, offline);
  }

  /** The same on another device. */
  public EngineOptions on(DeviceOptions other) {
    return new EngineOptions(
        other, maxLanes, maxSequences, maxSteps, kvBytes, maxQueued, weights, prefixReuse, offline);
  }

  /** The same device with room for at least so much, whatever memory would allow. */
  public EngineOptions withRoom(int lanes, int sequences, int steps) {
    return new EngineOptions(
        device,
        Math.max(maxLanes == 0 ? Room.USUAL_LANES : maxLanes, lanes),
        Math.max(maxSequences, sequences),
        Math.max(maxSteps, steps),
        kvBytes,
        maxQueued,
        weights,
        prefixReuse,
        offline);
  }

  /** The same with room for at least so many steps. */
  public EngineOptions withSteps(int steps) {
    return new EngineOptions(
        device,
        maxLanes,
        maxSequences,
        Math.max(maxSteps, steps),
        kvBytes,
        maxQueued,
        weights,
        prefixReuse,
        offline);
  }

  /** No more requests than that are in work at once, on each device. */
  public int mostSequences() {
    return maxSequences == 0 ? usualSequences() : maxSequences;
  }

  /** Most requests at once where nobody says how many. */
  int usualSequences() {
    return offline != null && device.isGpu() ? Room.MOST_OFFLINE : Room.MOST_SEQUENCES;
  }

  /** No fewer lanes than that are there. */
  public int fewestLanes() {
    return maxLanes == 0 ? Room.USUAL_LANES : maxLanes;
  }
}
