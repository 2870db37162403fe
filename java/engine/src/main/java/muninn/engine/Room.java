package muninn.engine;

import muninn.kernels.KvCache;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.forward.Forward;

/**
 * For how many lanes and requests an engine has room at once. Where nobody says, it takes as many
 * requests as have memory for {@value #USUAL_POSITIONS} positions each at the depth the model was
 * trained for, up to {@value #MOST_SEQUENCES}; of a job that nobody waits for, on a GPU, as many as
 * have that memory at the depth and the sharing of keys that the job asks for, up to {@value
 * #MOST_OFFLINE}. There are two lanes for each, one for its answer and one for the prompts that
 * come after it, but never fewer than {@value #USUAL_LANES}. Further requests wait; where those in
 * work need more memory than that, the youngest are set back. So none of it changes an answer.
 *
 * @param lanes most positions thought about at once
 * @param sequences most requests in work at once
 */
public record Room(int lanes, int sequences) {
  /** Positions that a request has in the mean, where nobody knows. */
  public static final int USUAL_POSITIONS = 256;

  /** Most requests at once, where nobody says more: of further ones each would only take longer. */
  public static final int MOST_SEQUENCES = 256;

  /**
   * The same of a job on a GPU: beyond, the timing model expects hardly any more tokens a second of
   * any card and model (docs/expect.md).
   */
  public static final int MOST_OFFLINE = 1024;

  static final int USUAL_LANES = 256;

  /** Page tables may take such a part of the memory of keys and values, and rows of lanes too. */
  private static final int PART = 16;

  /**
   * What options say, and memory where these leave it open.
   *
   * @param kvBytes memory for keys and values
   * @param pageBytes of one page of it
   * @param positions most positions of a sequence
   */
  static Room of(
      EngineOptions options, Config config, long kvBytes, long pageBytes, int positions) {
    int sequences =
        options.maxSequences() > 0
            ? options.maxSequences()
            : sequences(options, config, kvBytes, pageBytes, positions);
    if (options.maxLanes() > 0) {
      return new Room(options.maxLanes(), sequences);
    }
    long rowBytes = Float.BYTES * (2L * config.vocabulary() + 16L * config.width() + config.ffn());
    long affordable = kvBytes / PART / rowBytes;
    long wanted = Math.min(2L * Math.min(sequences, options.usualSequences()), affordable);
    return new Room((int) Math.max(USUAL_LANES, wanted), sequences);
  }

  private static int sequences(
      EngineOptions options, Config config, long kvBytes, long pageBytes, int positions) {
    int usual = Math.min(USUAL_POSITIONS, positions);
    Offline most = options.usualSequences() > MOST_SEQUENCES ? options.offline() : plain(config);
    int steps = Math.min(options.maxSteps(), most.steps());
    long each = pageBytes * HeldPages.most(config, most.kv(), steps, usual);
    long slots = Forward.slots(config, options.maxSteps());
    long table = 2L * Integer.BYTES * (slots * KvCache.chunks(positions) + positions);
    long many = Math.min(kvBytes / each, kvBytes / PART / table);
    return Math.clamp(many, 1, options.usualSequences());
  }

  /** Where nobody says what requests are like. */
  private static Offline plain(Config config) {
    return new Offline(config.meanRecurrence(), KvSharing.FULL);
  }
}
