package muninn.cli;

import muninn.kernels.Format;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.ModelCard;

/**
 * A model that is shown, as a table or as JSON.
 *
 * @param depth recurrence steps that keys and values are kept of
 */
record Inspected(Model model, ModelCard card, int depth, KvSharing sharing) {

  Inspected(Model model, int depth, KvSharing sharing) {
    this(model, model.card(), depth, sharing);
  }

  Config config() {
    return card.config();
  }

  /** KV slots that a token takes. */
  long slots() {
    return sharing.slots(config(), depth);
  }

  /** Bytes of keys and values that a token takes. */
  long keyBytes(Format format) {
    return sharing.bytesPerToken(config(), depth, format);
  }
}
