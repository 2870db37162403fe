package muninn.lab.bench;

import java.util.List;
import java.util.Set;
import muninn.lab.Effort;
import muninn.lab.expect.Card;

/**
 * What a {@link Bench} measures.
 *
 * @param lanes numbers of lanes of operations and ticks
 * @param context positions that a lane attends to
 * @param prefill lengths of prompts
 * @param steps recurrence steps of generation
 * @param batch requests at once, of generation
 * @param newTokens of each answer, at least 2
 * @param readBytes memory that the read bandwidth is measured over; 0 leaves it to the device
 * @param card whose expected times stand beside what is measured; null for none
 */
public record BenchOptions(
    Set<Section> sections,
    List<Integer> lanes,
    int context,
    List<Integer> prefill,
    List<Integer> steps,
    List<Integer> batch,
    int newTokens,
    long readBytes,
    Effort effort,
    Card card) {

  /** Tokens of the prompts of generation. */
  public static final int PROMPT = 8;

  /** A part of the measurements; the ceilings are always measured. */
  public enum Section {
    OPERATIONS,
    TICKS,
    PREFILL,
    GENERATION,
    /** Every kernel that does the same, whether it is taken or not. */
    VARIANTS;

    /** Those that say how fast a device is. */
    public static final List<Section> USUAL = List.of(OPERATIONS, TICKS, PREFILL, GENERATION);
  }
}
