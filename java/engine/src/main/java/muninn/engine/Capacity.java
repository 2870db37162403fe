package muninn.engine;

import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.PaperDevice;
import muninn.model.Config;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * How an engine shares out what a device grants once weights are loaded: first tables, activations
 * and what else its {@link Outfit} takes, then keys and values. Memory that somebody names for keys
 * and values is theirs alone.
 *
 * @param positions most of a sequence
 * @param keyBytes left for keys and values
 * @param pages of these, no more than all requests at once could use
 */
record Capacity(Room room, int positions, long keyBytes, int pages) {
  /** Such a part is kept for long contexts at most: whoever has them all at once is rare. */
  private static final int LATER = 16;

  /**
   * Shares it out.
   *
   * @param granted bytes for all that is to come
   */
  static Capacity of(
      Model model, EngineOptions options, Device device, Parameters parameters, long granted) {
    Config config = model.config();
    long pageBytes = device.kvPageBytes(config.kvHeads(), config.headWidth());
    long most = options.kvBytes() > 0 ? options.kvBytes() : granted;
    int positions = positions(config, most / pageBytes);
    Room room = Room.of(options, config, most, pageBytes, positions);
    Capacity pageless = new Capacity(room, positions, 0, 0);
    long beside =
        options.kvBytes() > 0 ? 0 : pageless.besideKeys(model, options, device, parameters, most);
    long left = Math.max(0, most - beside);
    long perSequence = (long) Forward.slots(config, options.maxSteps()) * KvCache.chunks(positions);
    long useful = Math.min(Integer.MAX_VALUE, perSequence * room.sequences());
    return new Capacity(room, positions, left, (int) Math.min(useful, left / pageBytes));
  }

  /**
   * What an outfit takes without keys and values, and what long contexts may want later; 0 where
   * the device does not say.
   */
  private long besideKeys(
      Model model, EngineOptions options, Device device, Parameters parameters, long granted) {
    PaperDevice paper = device.onPaper().orElse(null);
    if (paper == null) {
      return 0;
    }
    Outfit.on(paper, model, parameters, this, options.maxSteps());
    return paper.weightBytes()
        + paper.bufferBytes()
        + paper.memory().workBytes()
        + Math.min(paper.memory().laterBytes(), granted / LATER);
  }

  /**
   * Most positions of a sequence: the model's, but no more than have room for the keys and values
   * of one step. A model that reads a quarter of a million tokens is not to make tables for them
   * where there is memory for ten thousand.
   */
  private static int positions(Config config, long affordable) {
    long chunks = Math.max(1, affordable / Forward.slots(config, 1));
    return (int) Math.min(config.blockSize(), chunks * KvCache.PAGE);
  }
}
