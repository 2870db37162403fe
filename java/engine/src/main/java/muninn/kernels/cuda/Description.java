package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import muninn.cuda.Gpu;
import muninn.kernels.Format;

/**
 * What a CUDA device says of itself.
 *
 * @param operands what products read
 * @param kept what keys and values are kept in
 */
record Description(Gpu gpu, Gemms gemms, Format operands, Format kept) {

  /** In a few words. */
  String name() {
    return String.format(
        Locale.ROOT,
        "%s, %s, %s beyond 64 lanes%s",
        gpu,
        operands.label(),
        gemms.gemm().map(Gemm::name).orElse("own kernels"),
        kept.equals(operands) ? "" : ", keys and values in " + kept);
  }

  /** What it runs on, and why it does not run on more. */
  String platform() {
    List<String> remarks = new ArrayList<>(gemms.reasons());
    gemms.gemm().map(Gemm::notes).ifPresent(remarks::addAll);
    return String.format(
        Locale.ROOT,
        "driver for CUDA %s, %d multiprocessors at %d MHz, Java %s%s",
        gpu.driver().version(),
        gpu.attribute(Gpu.Attribute.MULTIPROCESSORS),
        gpu.attribute(Gpu.Attribute.CLOCK_KILOHERTZ) / 1000,
        Runtime.version(),
        remarks.isEmpty() ? "" : "; " + String.join("; ", remarks));
  }
}
