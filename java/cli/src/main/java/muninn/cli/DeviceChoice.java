package muninn.cli;

import java.util.List;
import java.util.Optional;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;

/** On what a command computes. */
final class DeviceChoice {
  private static final DeviceOptions DEFAULT = DeviceOptions.DEFAULT;

  private static final Option<String> DEVICE =
      Option.of(
              "--device",
              new Value<>(
                  "NAME",
                  "auto, cpu, cuda, cuda:1 for the second GPU, cuda:0,1 for both, cuda:all, or"
                      + " emulated",
                  text -> Optional.of(text).filter(DeviceOptions::isDevice),
                  new ShellCompletion.Words(List.of("auto", "cpu", "cuda", "cuda:all", "emulated")),
                  null),
              "Where it runs: auto, cpu, cuda, cuda:1 …, cuda:0,1 or cuda:all for several GPUs of"
                  + " one kind, or emulated, the CUDA device on the CPU, for tests; 'muninn"
                  + " devices' lists what is here. Default: auto, a GPU if there is one.")
          .or(DEFAULT.device())
          .shown();
  private static final Option<Integer> THREADS =
      Option.of("--threads", Value.whole("N", 0, 4096), "Threads of the CPU device.")
          .or(DEFAULT.threads())
          .byDefaultSaid("0, all cores");
  private static final Option<String> DTYPE =
      Option.of(
              "--dtype",
              Value.oneOf(DeviceOptions.DTYPES),
              "What is multiplied, and weights are kept in. The CPU takes float32 where nobody asks"
                  + " for bfloat16, which is faster for many lanes where it has AVX-512 BF16.")
          .or(DEFAULT.dtype())
          .byDefaultSaid("auto, bfloat16 on a GPU");
  static final Option<String> KV_DTYPE =
      Option.of(
              "--kv-dtype",
              Value.oneOf(DeviceOptions.KV_DTYPES),
              "What keys and values are kept in: fp8 and int8 take half of bfloat16 and have a"
                  + " scale for each head of a position. A GPU has what it multiplies, fp8 and"
                  + " int8.")
          .also("--kv-cache-dtype")
          .or(DEFAULT.kvDtype())
          .byDefaultSaid("auto, as products read them");
  private static final Option<Double> UTILIZATION =
      Option.of(
              "--gpu-memory-utilization",
              Value.number("SHARE", "above 0 and at most 1", x -> x > 0 && x <= 1),
              "Share of a GPU's memory to fill with weights, keys and values.")
          .byDefault(DEFAULT.gpuMemoryUtilization());
  private static final Option<Boolean> DETERMINISTIC =
      Option.flag(
          "--deterministic",
          "On a GPU multiply more than 64 lanes with our own kernels too, so that no answer depends"
              + " on what shares its ticks.");
  private static final Option<String> GEMM =
      Option.of(
              "--gemm",
              Value.oneOf(DeviceOptions.GEMMS),
              "Who multiplies more than 64 lanes on a GPU.")
          .or(DEFAULT.gemm())
          .byDefaultSaid("auto, the best one found");

  private static final Option<String> KERNELS =
      Option.of(
              "--kernels",
              Value.text("OPERATION=VARIANT,…"),
              "Kernels to take on a GPU however many lanes there are, for measurements; 'muninn"
                  + " bench --variants' lists and times them.")
          .or(DEFAULT.kernels())
          .byDefaultSaid("those for the number of lanes");

  static final Group GROUP =
      Group.of(
          "Device", DEVICE, THREADS, DTYPE, KV_DTYPE, UTILIZATION, DETERMINISTIC, GEMM, KERNELS);

  private final DeviceOptions wanted;

  /**
   * What the options say.
   *
   * @throws UsageException where they contradict each other
   */
  DeviceChoice(Arguments given) {
    try {
      wanted =
          new DeviceOptions(
              given.get(DEVICE),
              given.get(THREADS),
              given.get(DTYPE),
              given.get(KV_DTYPE),
              given.get(UTILIZATION),
              given.get(DETERMINISTIC),
              given.get(GEMM),
              given.get(KERNELS));
    } catch (UserException e) {
      throw new UsageException("--" + e.getMessage(), e);
    }
  }

  /** With {@code auto} replaced by what there is. */
  Devices.Choice choose() {
    return Devices.choose(wanted);
  }
}
