package muninn.engine.request;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import muninn.kernels.SequenceParameters;

/**
 * What is added to the logits of chosen tokens, by token id: {@code 17:-100,5:2} as it is typed,
 * {@code {"17": -100, "5": 2}} in JSON, as OpenAI has it. Of a token stated twice the last bias
 * holds.
 */
final class LogitBias {
  private static final int MOST = SequenceParameters.MOST_BIASES;
  private static final float LARGEST = 100;
  private static final Pattern ID = Pattern.compile("0|[1-9][0-9]{0,8}");
  private static final Pattern BIAS = Pattern.compile("[+-]?([0-9]{1,9}\\.?[0-9]*|\\.[0-9]+)");

  private LogitBias() {}

  static OptionType<Map<Integer, Float>> type() {
    return new OptionType<>(
        "ID:BIAS,…",
        "token ids, each with a number from -100 to 100, at most "
            + MOST
            + " of them, such as 17:-100,5:2, in JSON {\"17\": -100, \"5\": 2}",
        LogitBias::typed,
        LogitBias::plain,
        LogitBias::holds,
        LogitBias::told,
        LogitBias::both);
  }

  private static Optional<Map<Integer, Float>> typed(String text) {
    Map<Integer, Float> biases = new TreeMap<>();
    for (String part : text.split(",", -1)) {
      int colon = part.indexOf(':');
      String id = part.substring(0, Math.max(0, colon));
      String bias = part.substring(colon + 1);
      if (!ID.matcher(id).matches() || !BIAS.matcher(bias).matches()) {
        return Optional.empty();
      }
      biases.put(Integer.parseInt(id), Float.parseFloat(bias));
    }
    return Optional.of(biases);
  }

  private static Optional<Map<Integer, Float>> plain(Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      return Optional.empty();
    }
    Map<Integer, Float> biases = new TreeMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String id)
          || !ID.matcher(id).matches()
          || !(entry.getValue() instanceof Number bias)) {
        return Optional.empty();
      }
      biases.put(Integer.parseInt(id), bias.floatValue());
    }
    return Optional.of(biases);
  }

  private static boolean holds(Map<Integer, Float> biases) {
    return biases.size() <= MOST
        && biases.keySet().stream().allMatch(id -> id >= 0)
        && biases.values().stream().allMatch(bias -> Math.abs(bias) <= LARGEST);
  }

  /** In the order of the ids, however they were stated. */
  private static String told(Map<Integer, Float> biases) {
    return new TreeMap<>(biases)
        .entrySet().stream()
            .map(entry -> entry.getKey() + ":" + entry.getValue())
            .collect(Collectors.joining(","));
  }

  private static Map<Integer, Float> both(Map<Integer, Float> first, Map<Integer, Float> last) {
    Map<Integer, Float> all = new TreeMap<>(first);
    all.putAll(last);
    return Collections.unmodifiableMap(all);
  }
}
