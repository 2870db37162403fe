package muninn.engine;

import muninn.kernels.Device;
import muninn.kernels.Lanes;

/**
 * The lane tables of a tick, one for each pass that may have lanes of its own: what a device was
 * told of one pass is not told anew because of another.
 *
 * @param looking where exit rules look, which is seldom
 */
record LaneTables(
    Lanes opening,
    Lanes beginning,
    Lanes norming,
    Lanes watchingLatents,
    Lanes watchingOutputs,
    Lanes thinking,
    Lanes looking,
    Lanes leaving,
    Lanes speaking,
    Lanes drawing) {

  /** For so many lanes each. */
  static LaneTables on(Device device, int rows) {
    return new LaneTables(
        device.lanes(rows),
        device.lanes(rows),
        device.lanes(rows),
        device.lanes(rows),
        device.lanes(rows),
        device.lanes(rows),
        device.lanes(rows),
        device.lanes(rows),
        device.lanes(rows),
        device.lanes(rows));
  }
}
