package muninn.engine;

/**
 * What an engine may use.
 *
 * @param device {@code cpu} or {@code auto}
 * @param threads worker threads of the CPU device; 0 takes all cores
 * @param maxLanes most positions thought about at once (state rows)
 * @param maxSequences most requests in flight at once; further ones wait
 * @param maxSteps deepest recurrence a request may ask for; sizes the page table
 * @param kvBytes memory for keys and values; 0 takes a quarter of what the machine has free
 */
public record EngineOptions(
    String device, int threads, int maxLanes, int maxSequences, int maxSteps, long kvBytes) {

  public static final EngineOptions DEFAULT = new EngineOptions("auto", 0, 256, 64, 128, 0L);
}
