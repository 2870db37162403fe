package muninn.engine;

import java.io.Serializable;
import muninn.model.KvSharing;

/**
 * A job's requests, none of which anybody waits for: what counts is when the last one is answered.
 * Some may ask for other things than most do; then memory lasts for fewer or more of them.
 *
 * @param steps recurrence steps that most of them ask for
 * @param kv which of these share keys and values
 */
public record Offline(int steps, KvSharing kv) implements Serializable {}
