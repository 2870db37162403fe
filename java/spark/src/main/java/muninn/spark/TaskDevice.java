package muninn.spark;

import java.util.List;
import java.util.Map;
import muninn.UserException;
import org.apache.spark.resource.ResourceInformation;

/** Where a task computes: on the GPU that Spark gave it, if it gave one. */
final class TaskDevice {
  /** What Spark's settings call it: {@code spark.task.resource.gpu.amount}. */
  static final String RESOURCE = "gpu";

  private TaskDevice() {}

  /**
   * The device that an engine is opened on.
   *
   * @param wanted what the options say
   * @param resources what the task was given, by {@code TaskContext.resources}
   * @throws UserException when the two contradict each other
   */
  static String of(String wanted, Map<String, ResourceInformation> resources) {
    ResourceInformation gpus = resources.get(RESOURCE);
    if (gpus == null || wanted.equals("cpu")) {
      return wanted;
    }
    if (wanted.contains(":")) {
      throw UserException.of(
          "device is %s, and Spark gives each task a GPU of its own: leave the number out", wanted);
    }
    List<String> addresses = List.of(gpus.addresses());
    for (String address : addresses) {
      if (!address.matches("[0-9]{1,3}")) {
        throw UserException.of(
            "Spark calls a GPU '%s', wanted its number: the discovery script has to print the"
                + " numbers that CUDA gives GPUs, as nvidia-smi --query-gpu=index does",
            address);
      }
    }
    return (wanted.equals("auto") ? "cuda" : wanted) + ":" + String.join(",", addresses);
  }
}
