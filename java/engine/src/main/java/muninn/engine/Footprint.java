package muninn.engine;

import muninn.kernels.PaperDevice;
import muninn.model.Model;
import muninn.model.forward.Parameters;

/**
 * What an engine would take of a device that need not be there, by the same steps in which it takes
 * it: what a reader of {@code muninn inspect} sees before anything is loaded.
 *
 * @param room for lanes and requests
 * @param positions most of a sequence
 * @param weightBytes of matrices, norms and tables
 * @param deviceBytes what the device has for itself and for its matrices: sums that are merged, a
 *     library's workspace, numbers decoded of a coded matrix
 * @param activationBytes of all lanes
 * @param workBytes lane tables, page tables, and room that operations have one after another
 * @param keyBytes pages of keys and values, no more than all requests at once could use
 * @param keyRoomBytes that there would be for more of them
 * @param laterBytes what attention to long contexts of all lanes at once would want beyond that
 */
public record Footprint(
    Room room,
    int positions,
    long weightBytes,
    long deviceBytes,
    long activationBytes,
    long workBytes,
    long keyBytes,
    long keyRoomBytes,
    long laterBytes) {

  /**
   * Works it out.
   *
   * @param device that nothing was told of yet
   * @param memoryBytes that are free on it before it is opened
   */
  public static Footprint of(
      Model model, EngineOptions options, PaperDevice device, long memoryBytes) {
    Parameters parameters = Parameters.load(model, device, options.weights());
    long held = device.weightBytes() + device.memory().deviceBytes();
    long granted = (long) (memoryBytes * options.device().gpuMemoryUtilization()) - held;
    Capacity capacity = Capacity.of(model, options, device, parameters, Math.max(0, granted));
    Outfit.on(device, model, parameters, capacity, options.maxSteps());
    long page = device.kvPageBytes(model.config().kvHeads(), model.config().headWidth());
    return new Footprint(
        capacity.room(),
        capacity.positions(),
        device.weightBytes(),
        device.memory().deviceBytes(),
        device.bufferBytes(),
        device.memory().workBytes(),
        capacity.pages() * page,
        capacity.keyBytes(),
        device.memory().laterBytes());
  }

  /** All that is taken once the engine is open. */
  public long bytes() {
    return weightBytes + deviceBytes + activationBytes + workBytes + keyBytes;
  }
}
