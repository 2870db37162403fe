package muninn.server;

import java.util.Locale;

/**
 * Metrics in Prometheus' text form, version 0.0.4. Every value has the model's name as a label, as
 * vLLM's have.
 */
final class PrometheusText {
  /** The type of the text. */
  static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder text = new StringBuilder();
  private final String model;

  PrometheusText(String model) {
    this.model = escaped(model);
  }

  /** Begins a metric. */
  void describe(String name, String type, String help) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /** A metric of one value. */
  void single(String name, String type, String help, double value) {
    describe(name, type, help);
    value(name, value);
  }

  /**
   * A value of the metric that was begun.
   *
   * @param labels names and values in turn
   */
  void value(String name, double value, String... labels) {
    text.append(name).append("{model_name=\"").append(model).append('"');
    for (int i = 0; i < labels.length; i += 2) {
      text.append(',').append(labels[i]).append("=\"").append(escaped(labels[i + 1])).append('"');
    }
    text.append("} ").append(number(value)).append('\n');
  }

  /** A number as Prometheus reads it, whole ones without a fraction. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%s", value);
  }

  private static String escaped(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
