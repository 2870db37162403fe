package muninn.engine;

/**
 * What an engine may use. A value out of range is refused with a {@link muninn.UserException}.
 *
 * @param device {@code cpu} or {@code auto}
 * @param threads worker threads of the CPU device, at most 4096; 0 takes all cores
 * @param maxLanes most positions thought about at once (state rows)
 * @param maxSequences most requests in flight at once; further ones wait
 * @param maxSteps deepest recurrence a request may ask for, at most 65536; sizes the page table
 * @param kvBytes memory for keys and values; 0 takes a quarter of what the machine has free
 */
public record EngineOptions(
    String device, int threads, int maxLanes, int maxSequences, int maxSteps, long kvBytes) {

  /** More steps than that would make page tables, not thoughts. */
  private static final int MOST_STEPS = 1 << 16;

  public static final EngineOptions DEFAULT = new EngineOptions("auto", 0, 256, 64, 128, 0L);

  public EngineOptions {
    RequestCheck.within("threads", threads, 0, 4096, "; 0 takes all cores");
    RequestCheck.within("max_lanes", maxLanes, 1, Integer.MAX_VALUE, "");
    RequestCheck.within("max_sequences", maxSequences, 1, Integer.MAX_VALUE, "");
    RequestCheck.within("max_steps", maxSteps, 1, MOST_STEPS, "");
    RequestCheck.within(
        "kv_memory", kvBytes, 0, Long.MAX_VALUE, "; 0 takes a quarter of what is free");
  }
}
