package muninn.model;

/**
 * Which recurrence steps share their keys and values: step j writes slot group {@code j mod
 * groups}, so a cache holds at most that many recurrences.
 *
 * @param groups the budget b, in recurrences; {@link Integer#MAX_VALUE} shares nothing
 */
public record KvSharing(int groups) {
  /** Every step keeps its own keys and values. */
  public static final KvSharing FULL = new KvSharing(Integer.MAX_VALUE);

  private static final String MOD = "mod:";

  /**
   * Reads {@code full} or {@code mod:b}.
   *
   * @throws IllegalArgumentException saying what is wanted
   */
  public static KvSharing parse(String text) {
    if (text.equals("full")) {
      return FULL;
    }
    if (text.startsWith(MOD)) {
      try {
        int groups = Integer.parseInt(text.substring(MOD.length()));
        if (groups >= 1) {
          return new KvSharing(groups);
        }
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(wanted(text), e);
      }
    }
    throw new IllegalArgumentException(wanted(text));
  }

  private static String wanted(String text) {
    return "'" + text + "' is no KV sharing, wanted full or mod:b with b recurrences, like mod:4";
  }

  /** KV slots of a position: {@code P + min(steps, b) · C + Q}. */
  public long slots(Config config, int steps) {
    return config.prelude() + (long) Math.min(steps, groups) * config.core() + config.coda();
  }

  /** Bytes that the keys and values of one position take: {@code slots · 2 · d} elements. */
  public long bytesPerToken(Config config, int steps, int elementBytes) {
    return slots(config, steps) * 2 * config.width() * elementBytes;
  }

  @Override
  public String toString() {
    return groups == Integer.MAX_VALUE ? "full" : MOD + groups;
  }
}
