package muninn.cli;

import muninn.kernels.Format;
import muninn.lab.expect.Card;
import muninn.lab.report.Table;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.ModelCard;

/**
 * A model that is shown, as a table or as JSON.
 *
 * @param depth recurrence steps that keys and values are kept of
 * @param gpu whose memory is shared out
 * @param kept what keys and values are kept in there
 */
record Inspected(Model model, ModelCard card, int depth, KvSharing sharing, Card gpu, Format kept) {

  Inspected(Model model, int depth, KvSharing sharing, Card gpu, Format kept) {
    this(model, model.card(), depth, sharing, gpu, kept);
  }

  /** What an engine would take of the GPU's memory. */
  Table gpuMemory() {
    return GpuMemory.table(model, gpu, depth, sharing, kept);
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
