package muninn.kernels;

/**
 * A device-resident lane table: the token positions that one stage of one tick works on. The host
 * fills it before it runs a program and may fill it anew as soon as it has; every operation handles
 * its {@link #size} lanes. Lane m owns row m of the scratch buffers, and row {@code row(m)} of the
 * buffers that outlive a tick (latent state, input embedding, sampled token).
 */
public interface Lanes {

  /** Empties the table. */
  void clear();

  /**
   * Adds a lane.
   *
   * @param row its row in the buffers that outlive a tick
   * @param sequence its sequence, an index into {@link Sequences}
   * @param position its place in the sequence, from 0
   * @param group the KV slot group that this step of the core reads and writes (under a full cache
   *     the step itself); prelude and coda ignore it
   * @param token its token id, or {@link #sampledIn} where the host does not know it yet; only
   *     {@link Op.Embed} reads it
   */
  void add(int row, int sequence, int position, int group, int token);

  /** n, lanes added. */
  int size();

  /**
   * Stands for «the token last sampled in this row», so that the host need not wait to learn it.
   */
  static int sampledIn(int row) {
    return ~row;
  }
}
