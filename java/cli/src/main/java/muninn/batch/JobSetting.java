package muninn.batch;

import java.util.LinkedHashMap;
import java.util.Map;
import muninn.engine.DeviceOptions;
import muninn.engine.EngineOptions;
import muninn.engine.request.Thinking;
import muninn.model.Fingerprint;
import muninn.model.Model;
import muninn.model.WeightChoice;

/**
 * What answers a job, as far as answers depend on it.
 *
 * @param model the model's {@link Fingerprint}
 * @param device its kind, without which one of several it is
 * @param dtype what it multiplies
 * @param kvDtype what it keeps keys and values in
 * @param weights what its weights are kept in
 * @param maxLanes most positions that it thinks about at once
 */
public record JobSetting(
    String model,
    String device,
    String dtype,
    String kvDtype,
    WeightChoice weights,
    boolean deterministic,
    int maxLanes) {

  /** With weights as the device has them. */
  public JobSetting(
      String model,
      String device,
      String dtype,
      String kvDtype,
      boolean deterministic,
      int maxLanes) {
    this(model, device, dtype, kvDtype, WeightChoice.AUTO, deterministic, maxLanes);
  }

  /** That of an engine which a model would be opened with. */
  public static JobSetting of(Model model, EngineOptions engine) {
    DeviceOptions options = engine.device();
    String kind = options.device().replaceFirst(":.*", "");
    String dtype = options.dtype();
    if (dtype.equals("auto")) {
      dtype = kind.equals("cpu") ? "float32" : "bfloat16";
    }
    return new JobSetting(
        Fingerprint.of(model).sha256(),
        kind,
        dtype,
        options.kvDtype().equals("auto") ? dtype : options.kvDtype(),
        engine.weights(),
        options.deterministic(),
        engine.fewestLanes());
  }

  /**
   * By name, for a record.
   *
   * @param inChunks whether an answer may depend on how many positions think together
   */
  Map<String, String> facts(boolean inChunks) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", model);
    facts.put("device", device);
    facts.put("dtype", dtype);
    facts.put("kv_dtype", kvDtype);
    if (!weights.isAuto()) { // records of before say nothing of it
      facts.put("weights", weights.weights());
      facts.put("keep", weights.keep());
    }
    facts.put("deterministic", Boolean.toString(deterministic));
    if (inChunks) {
      facts.put("max_lanes", Integer.toString(Math.min(maxLanes, Thinking.CHUNK)));
    }
    return facts;
  }
}
