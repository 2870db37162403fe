package muninn.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import muninn.UserException;
import muninn.engine.DeviceOptions;
import muninn.engine.EngineOptions;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import muninn.model.WeightChoice;

/**
 * What stands behind the jar's name on the command line of spark-submit: input, output, and options
 * by the names that {@code muninn batch} gives them.
 */
final class SubmitOptions {
  static final String USAGE =
      """
      spark-submit [SPARK'S OPTIONS] muninn-spark.jar INPUT OUTPUT --model DIR [OPTIONS]

      Answers the requests of INPUT, a JSONL file or a folder of such, into a folder OUTPUT of JSONL; or of
      Parquet, with columns named as the fields of such lines, into Parquet with a column answer.

      --model DIR          Checkpoint folder under a name every executor knows, or inside what --archives shipped.
      --format NAME        jsonl or parquet. Default: parquet if INPUT ends so, else jsonl.
      --overwrite          Replace OUTPUT.
      --partitions N       Tasks. Default: up to four for each that can run at once.
      --device NAME        auto, cpu, cuda, emulated. A GPU that Spark gives a task is the one that is used.
      --threads N, --dtype NAME, --weights FORMAT, --keep EXCEPTIONS, --kv-dtype NAME,
      --gpu-memory-utilization SHARE, --deterministic, --gemm NAME, --max-lanes N, --max-sequences N,
      --kv-memory BYTES, --no-prefix-reuse: as of muninn batch, for each executor.
      """;

  private static final Set<String> FLAGS =
      Set.of("overwrite", "deterministic", "no_prefix_reuse", "help");
  private static final Set<String> VALUES =
      Set.of(
          "model",
          "format",
          "partitions",
          "device",
          "threads",
          "dtype",
          "weights",
          "keep",
          "kv_dtype",
          "gpu_memory_utilization",
          "gemm",
          "max_lanes",
          "max_sequences",
          "kv_memory");

  private final List<String> operands = new ArrayList<>();
  private final Map<String, String> own = new HashMap<>();
  private final List<String> requests = new ArrayList<>();

  /**
   * @throws UserException when an argument means nothing
   */
  SubmitOptions(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      if (!argument.startsWith("--")) {
        operands.add(argument);
        continue;
      }
      int equals = argument.indexOf('=');
      String typed = equals < 0 ? argument : argument.substring(0, equals);
      String name = typed.substring(2).replace('-', '_');
      Optional<RequestOption<?>> request = RequestOptions.named(name);
      boolean flag = FLAGS.contains(name) || request.filter(r -> r.type().isFlag()).isPresent();
      String value = "";
      if (!flag && !VALUES.contains(name) && request.isEmpty()) {
        throw UserException.of("option %s is not known: --help lists them", typed);
      } else if (equals >= 0) {
        value = argument.substring(equals + 1);
      } else if (!flag && ++i == arguments.length) {
        throw UserException.of("%s needs a value", typed);
      } else if (!flag) {
        value = arguments[i];
      }
      if (request.isPresent()) {
        requests.add(name + "=" + value);
      } else if (own.put(name, value) != null) {
        throw UserException.of("%s is given twice: give it once", typed);
      }
    }
    if (!help() && operands.size() != 2) {
      throw UserException.of(
          "wanted INPUT and OUTPUT, found %d names: %s", operands.size(), operands);
    }
  }

  boolean help() {
    return own.containsKey("help");
  }

  String input() {
    return operands.getFirst();
  }

  String output() {
    return operands.getLast();
  }

  boolean overwrite() {
    return own.containsKey("overwrite");
  }

  /** Whether input and output are Parquet, not JSONL. */
  boolean parquet() {
    String standard = input().replaceFirst("/+$", "").endsWith(".parquet") ? "parquet" : "jsonl";
    String format = own.getOrDefault("format", standard);
    if (!format.equals("parquet") && !format.equals("jsonl")) {
      throw UserException.of("--format is '%s', wanted jsonl or parquet", format);
    }
    return format.equals("parquet");
  }

  /** How many tasks; 0 where it is left to us. */
  int partitions() {
    return own.containsKey("partitions") ? (int) whole("partitions", 1, 1 << 24, 1) : 0;
  }

  /**
   * What answers.
   *
   * @throws UserException when an option makes no sense
   */
  BatchOptions batch() {
    BatchOptions standard = BatchOptions.of(model());
    EngineOptions engine = standard.engine();
    DeviceOptions device = engine.device();
    EngineOptions wanted =
        new EngineOptions(
            new DeviceOptions(
                own.getOrDefault("device", device.device()),
                (int) whole("threads", 0, 4096, device.threads()),
                own.getOrDefault("dtype", device.dtype()),
                own.getOrDefault("kv_dtype", device.kvDtype()),
                read(
                    "gpu_memory_utilization",
                    "a number",
                    Double::valueOf,
                    device.gpuMemoryUtilization()),
                own.containsKey("deterministic"),
                own.getOrDefault("gemm", device.gemm()),
                device.kernels()),
            (int) whole("max_lanes", 1, Integer.MAX_VALUE, engine.maxLanes()),
            (int) whole("max_sequences", 1, Integer.MAX_VALUE, engine.maxSequences()),
            engine.maxSteps(),
            whole("kv_memory", 0, Long.MAX_VALUE, engine.kvBytes()),
            engine.maxQueued(),
            new WeightChoice(
                own.getOrDefault("weights", engine.weights().weights()),
                own.getOrDefault("keep", engine.weights().keep())),
            !own.containsKey("no_prefix_reuse"),
            engine.offline());
    return new BatchOptions(standard.model(), wanted, requests);
  }

  /** A folder that is here has its whole name, for executors stand in other folders. */
  private String model() {
    String name = own.get("model");
    if (name == null) {
      throw new UserException(
          "no model is named: give --model with a checkpoint folder that every executor can read");
    }
    boolean here = !name.startsWith("random:") && Files.isDirectory(Path.of(name));
    return here ? Path.of(name).toAbsolutePath().normalize().toString() : name;
  }

  private long whole(String name, long least, long most, long standard) {
    return read(
        name,
        "a whole number, at least " + least,
        text -> {
          long number = Long.parseLong(text);
          return number >= least && number <= most ? number : null;
        },
        standard);
  }

  private <T> T read(String name, String wanted, Function<String, T> parse, T standard) {
    if (!own.containsKey(name)) {
      return standard;
    }
    T value;
    try {
      value = parse.apply(own.get(name));
    } catch (NumberFormatException e) {
      value = null;
    }
    if (value == null) {
      throw UserException.of(
          "--%s is '%s', wanted %s", name.replace('_', '-'), own.get(name), wanted);
    }
    return value;
  }
}
