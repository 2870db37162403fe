package muninn.engine;

import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.Sequences;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * What an engine puts on a device beside a model's weights, in one place: pages, page tables, lane
 * tables and the programs with their activations. Put on a device on paper it is only counted.
 */
record Outfit(KvCache cache, Sequences sequences, Forward forward, LaneTables lanes) {

  /**
   * Takes all memory that it needs, but what long contexts may want later.
   *
   * @param steps most of a request
   */
  static Outfit on(
      Device device, Model model, Parameters parameters, Capacity capacity, int steps) {
    var config = model.config();
    Room room = capacity.room();
    KvCache cache = device.kvCache(capacity.pages(), config.kvHeads(), config.headWidth());
    Sequences sequences =
        device.sequences(
            room.sequences() + Branches.places(room.sequences()),
            capacity.positions(),
            Forward.slots(config, steps));
    Forward forward =
        new Forward(
            model.architecture(), config, parameters, device, cache, sequences, room.lanes());
    return new Outfit(cache, sequences, forward, LaneTables.on(device, room.lanes()));
  }
}
