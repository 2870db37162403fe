package muninn.model;

import java.io.Serializable;
import java.util.Locale;
import muninn.kernels.Format;

/**
 * Which recurrence steps of a position share their keys and values, so that a deep thought need not
 * hold deep memory. A later step overwrites what an earlier one of its group wrote.
 *
 * @param count what the kind counts; 0 where it counts nothing
 */
public record KvSharing(Kind kind, int count) implements Serializable {

  /** How steps, counted from 0, are gathered into groups. */
  public enum Kind {
    /** Every step keeps its own keys and values. */
    FULL(0),
    /** Step j uses group {@code j mod count}: the last {@code count} recurrences stay. */
    MOD(1),
    /** The first {@code count} steps keep their own, all later ones share one more group. */
    FIRST(0),
    /** Step j uses group {@code j div count}: of every {@code count} recurrences the last stays. */
    DIV(1),
    /**
     * Block-step k, counted over the blocks of all steps, uses slot {@code k div count}, so that
     * different blocks share too: the published code's {@code compress-r}.
     */
    DIV_BLOCKS(1);

    private final int least;

    Kind(int least) {
      this.least = least;
    }

    /** The word before the colon. */
    String id() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Every step keeps its own keys and values. */
  public static final KvSharing FULL = new KvSharing(Kind.FULL, 0);

  /** What {@link #parse} reads, for a user to see. */
  public static final String FORMS = "full, mod:B, first:N, div:B or div-blocks:N";

  /**
   * Refuses counts that leave no group.
   *
   * @throws IllegalArgumentException saying what is wanted
   */
  public KvSharing {
    if (count < kind.least) {
      throw new IllegalArgumentException(wanted(kind.id() + ":" + count));
    }
  }

  /**
   * Reads {@code full}, {@code mod:4}, {@code first:8}, {@code div:2} or {@code div-blocks:2}.
   *
   * @throws IllegalArgumentException saying what is wanted
   */
  public static KvSharing parse(String text) {
    if (text.equals(Kind.FULL.id())) {
      return FULL;
    }
    int colon = text.indexOf(':');
    for (Kind kind : Kind.values()) {
      if (kind != Kind.FULL && colon >= 0 && text.substring(0, colon).equals(kind.id())) {
        return new KvSharing(kind, count(text, colon + 1));
      }
    }
    throw new IllegalArgumentException(wanted(text));
  }

  private static int count(String text, int from) {
    try {
      return Integer.parseInt(text.substring(from));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(wanted(text), e);
    }
  }

  private static String wanted(String text) {
    return "'"
        + text
        + "' is no KV sharing, wanted "
        + FORMS
        + ", counted in recurrences, like mod:4";
  }

  /** Whether a step may overwrite what another one wrote. */
  public boolean shares() {
    return kind != Kind.FULL;
  }

  /** The slot group of the page table that a step, counted from 0, reads and writes. */
  public int group(int step) {
    return switch (kind) {
      case FULL, DIV_BLOCKS -> step;
      case MOD -> step % count;
      case FIRST -> Math.min(step, count);
      case DIV -> step / count;
    };
  }

  /** Slot groups that so many steps use in the page table. */
  public int groups(int steps) {
    return switch (kind) {
      case FULL, DIV_BLOCKS -> steps;
      case MOD -> Math.min(steps, count);
      case FIRST -> (int) Math.min(steps, count + 1L);
      case DIV -> Math.ceilDiv(steps, count);
    };
  }

  /** The first slot of the page table that lives in the same pages as this one. */
  public int firstAlike(Config config, int slot) {
    int single = config.prelude() + config.coda();
    if (kind != Kind.DIV_BLOCKS || slot < single) {
      return slot;
    }
    return single + (slot - single) / count * count;
  }

  /** Memory of a position in KV slots; {@code P + r · C + Q} when nothing is shared. */
  public long slots(Config config, int steps) {
    long core = (long) groups(steps) * config.core();
    if (kind == Kind.DIV_BLOCKS) {
      core = Math.ceilDiv(core, count);
    }
    return config.prelude() + core + config.coda();
  }

  /** Bytes that the keys and values of one position take: {@code slots · 2 · KV} rows of D. */
  public long bytesPerToken(Config config, int steps, Format format) {
    return slots(config, steps) * format.bytes(2L * config.kvHeads(), config.headWidth());
  }

  @Override
  public String toString() {
    return kind == Kind.FULL ? kind.id() : kind.id() + ":" + count;
  }
}
