package muninn.engine;

import java.io.Serializable;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import muninn.UserException;
import muninn.kernels.Format;
import muninn.kernels.KvCache;

/**
 * Where an engine computes, and how. A value out of range is refused with a {@link UserException}.
 *
 * @param device {@code cpu}; {@code cuda}, or {@code cuda:1} for the second GPU, {@code cuda:0,1}
 *     for both, {@code cuda:all} for all of the machine; {@code emulated}, the CUDA device on the
 *     CPU, for tests; {@code auto}: a GPU if there is one, else the CPU
 * @param threads worker threads of the CPU device, at most 4096; 0 takes all cores
 * @param dtype type of weights and of what products read: {@code float32}, {@code bfloat16}, or
 *     {@code auto}: bfloat16 on CUDA; on the CPU weights as the checkpoint stores them, and float32
 *     for what products read
 * @param kvDtype what keys and values are kept in: {@code float32}, {@code bfloat16}, {@code fp8}
 *     (e4m3) or {@code int8}, these two with a scale for each head of a position; or {@code auto}:
 *     what products read. A GPU has that and the two last
 * @param gpuMemoryUtilization share of a GPU's memory that the engine may fill, above 0 to 1
 * @param deterministic whether a request's tokens must not depend on how many lanes share its ticks
 *     beyond 64 either; below, and on the CPU, they never do
 * @param gemm who multiplies more than 64 lanes on CUDA: {@code auto}, {@code own}, {@code
 *     cublaslt}, {@code jcublas}
 * @param kernels variants of kernels that CUDA takes whatever the lanes, such as {@code
 *     linear_add=n16}, for measurements; empty: those for the lanes
 */
public record DeviceOptions(
    String device,
    int threads,
    String dtype,
    String kvDtype,
    double gpuMemoryUtilization,
    boolean deterministic,
    String gemm,
    String kernels)
    implements Serializable {

  /** What {@link #dtype} may be. */
  public static final List<String> DTYPES = List.of("auto", "float32", "bfloat16");

  /** What {@link #kvDtype} may be. */
  public static final List<String> KV_DTYPES =
      List.of("auto", "float32", "bfloat16", "fp8", "int8");

  /** What {@link #gemm} may be. */
  public static final List<String> GEMMS = List.of("auto", "own", "cublaslt", "jcublas");

  private static final Pattern DEVICE =
      Pattern.compile("auto|cpu|(emulated|cuda)(:(all|[0-9]{1,3}(,[0-9]{1,3})*))?");

  public static final DeviceOptions DEFAULT =
      new DeviceOptions("auto", 0, "auto", "auto", 0.9, false, "auto", "");

  public DeviceOptions {
    if (!isDevice(device)) {
      throw UserException.of(
          "device '%s' is not known: use cpu, cuda, cuda:1 for the second GPU, cuda:0,1 for both,"
              + " cuda:all, emulated, or auto for the best one found",
          device);
    }
    List<String> ordinals = List.of(device.substring(device.indexOf(':') + 1).split(",", -1));
    if (new HashSet<>(ordinals).size() < ordinals.size()) {
      throw UserException.of("device '%s' names one twice: name each once", device);
    }
    Range.check("threads", threads, 0, 4096, "; 0 takes all cores");
    oneOf("dtype", dtype, DTYPES);
    oneOf("kv_dtype", kvDtype, KV_DTYPES);
    oneOf("gemm", gemm, GEMMS);
    if (!(gpuMemoryUtilization > 0 && gpuMemoryUtilization <= 1)) {
      throw UserException.of(
          "gpu_memory_utilization is %s: it must be above 0 and at most 1", gpuMemoryUtilization);
    }
    if (device.equals("cpu")) {
      if (!gemm.equals("auto")) {
        throw UserException.of(
            "gemm is %s and device is cpu, which has one way to multiply: use auto", gemm);
      }
      if (!kernels.isEmpty()) {
        throw UserException.of(
            "kernels is '%s' and device is cpu, which has one way for each operation: leave it out",
            kernels);
      }
    }
    if (!gemm.equals("auto") && !gemm.equals("own") && (deterministic || dtype.equals("float32"))) {
      throw UserException.of(
          "gemm is %s and %s, which only our own kernels can do: use gemm own or auto",
          gemm, deterministic ? "results must be deterministic" : "dtype is float32");
    }
  }

  /** The CPU, with so many threads; 0 takes all cores. */
  public static DeviceOptions cpu(int threads) {
    return new DeviceOptions("cpu", threads, "auto", "auto", 0.9, false, "auto", "");
  }

  /** The same on another device. */
  public DeviceOptions on(String other) {
    return new DeviceOptions(
        other, threads, dtype, kvDtype, gpuMemoryUtilization, deterministic, gemm, kernels);
  }

  /** The same with so many threads. */
  public DeviceOptions withThreads(int count) {
    return new DeviceOptions(
        device, count, dtype, kvDtype, gpuMemoryUtilization, deterministic, gemm, kernels);
  }

  /** The same with keys and values kept in another format. */
  public DeviceOptions withKvDtype(String other) {
    return new DeviceOptions(
        device, threads, dtype, other, gpuMemoryUtilization, deterministic, gemm, kernels);
  }

  /** The same with other variants and switches of kernels. */
  public DeviceOptions withKernels(String other) {
    return new DeviceOptions(
        device, threads, dtype, kvDtype, gpuMemoryUtilization, deterministic, gemm, other);
  }

  /** Whether it is a GPU, or the emulated one. */
  boolean isGpu() {
    return device.startsWith(Devices.CUDA) || device.startsWith(Devices.EMULATED);
  }

  /** What {@link #kvDtype} names; none: the device's own choice. */
  Optional<Format> kvFormat() {
    return KvCache.FORMATS.stream().filter(format -> format.label().equals(kvDtype)).findFirst();
  }

  /** Whether {@link #device} may be that. */
  public static boolean isDevice(String device) {
    return DEVICE.matcher(device).matches();
  }

  private static void oneOf(String field, String value, List<String> allowed) {
    if (!allowed.contains(value)) {
      throw UserException.of(
          "%s '%s' is not known: use one of %s", field, value, String.join(", ", allowed));
    }
  }
}
