package muninn.cli;

import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** On what a command computes. */
final class DeviceChoice {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]|emulated",
      defaultValue = "auto",
      description =
          "Where it runs: 'muninn devices' lists what there is; 'emulated' is the CUDA device on"
              + " the CPU, for tests. Default: auto, a GPU if there is one.")
  private String device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads of the CPU device. Default: 0, all cores.")
  private int threads;

  @Option(
      names = "--dtype",
      paramLabel = "auto|float32|bfloat16",
      defaultValue = "auto",
      description =
          "What a GPU multiplies, and keeps keys and values in. Default: auto, bfloat16. The CPU"
              + " computes in float32.")
  private String dtype;

  @Option(
      names = "--gpu-memory-utilization",
      paramLabel = "SHARE",
      defaultValue = "0.9",
      description = "Share of a GPU's memory to fill with weights, keys and values. Default: 0.9.")
  private double utilization;

  @Option(
      names = "--deterministic",
      description =
          "On a GPU multiply more than 64 lanes with our own kernels too, so that no answer depends"
              + " on what shares its ticks.")
  private boolean deterministic;

  @Option(
      names = "--gemm",
      paramLabel = "auto|own|cublaslt|jcublas",
      defaultValue = "auto",
      description =
          "Who multiplies more than 64 lanes on a GPU. Default: auto, the best one found.")
  private String gemm;

  /** Refuses values out of range. */
  void check() {
    Range.require(
        spec,
        DeviceOptions.isDevice(device),
        "--device",
        device,
        "auto, cpu, cuda, cuda:1 for the second GPU, or emulated");
    Range.require(
        spec, threads >= 0 && threads <= 4096, "--threads", threads, "from 0 (all cores) to 4096");
    Range.require(
        spec,
        DeviceOptions.DTYPES.contains(dtype),
        "--dtype",
        dtype,
        String.join(", ", DeviceOptions.DTYPES));
    Range.require(
        spec,
        DeviceOptions.GEMMS.contains(gemm),
        "--gemm",
        gemm,
        String.join(", ", DeviceOptions.GEMMS));
    Range.require(
        spec,
        utilization > 0 && utilization <= 1,
        "--gpu-memory-utilization",
        utilization,
        "above 0 and at most 1");
  }

  /** With {@code auto} replaced by what there is. */
  Devices.Choice choose() {
    return Devices.choose(
        new DeviceOptions(device, threads, dtype, utilization, deterministic, gemm));
  }
}
