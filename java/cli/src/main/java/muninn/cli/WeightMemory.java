package muninn.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.PaperDevice;
import muninn.kernels.WeightFormats;
import muninn.model.Model;
import muninn.model.WeightChoice;
import muninn.model.forward.Parameters;

/** What a model's weights take of a device's memory in each format that they may be kept in. */
final class WeightMemory {
  private WeightMemory() {}

  /** Bytes of all weights, norms among them, by what {@code --weights} may say. */
  static Map<String, Long> of(Model model) {
    Map<String, Long> bytes = new LinkedHashMap<>();
    for (Format format : WeightFormats.ALL) {
      DType operands = format.equals(Format.F32) ? DType.F32 : DType.BF16;
      PaperDevice device = new PaperDevice(operands, operands);
      Parameters.load(model, device, new WeightChoice(format.label(), ""));
      bytes.put(format.label(), device.weightBytes());
    }
    return bytes;
  }
}
