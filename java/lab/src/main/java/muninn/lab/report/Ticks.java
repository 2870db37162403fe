package muninn.lab.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** Places values on an axis, and finds the round numbers that are written beside it. */
final class Ticks {
  private static final int LINEAR_TICKS = 5;
  private static final int LOG_TICKS = 7;

  private final Axis.Scale scale;
  private final double low;
  private final double high;

  private Ticks(Axis.Scale scale, double low, double high) {
    this.scale = scale;
    this.low = low;
    this.high = high;
  }

  /** A written value. */
  record Tick(double value, String label) {}

  /**
   * Ends where the axis says, otherwise at the data.
   *
   * @param round whether ends that come from data move out to round numbers
   */
  static Ticks of(Axis axis, DoubleStream data, boolean round) {
    boolean linear = axis.scale() == Axis.Scale.LINEAR;
    double[] drawn = data.filter(v -> Double.isFinite(v) && (linear || v > 0)).toArray();
    double least = DoubleStream.of(drawn).min().orElse(linear ? 0 : 1);
    double most = DoubleStream.of(drawn).max().orElse(linear ? 1 : 10);
    if (least == most) {
      double room = linear ? (least == 0 ? 1 : Math.abs(least) / 2) : 0;
      least = linear ? least - room : least / 2;
      most = linear ? most + room : most * 2;
    }
    if (round) {
      double step = linear ? step(least, most) : axis.scale() == Axis.Scale.LOG ? 10 : 2;
      least =
          linear
              ? Math.floor(least / step + 1e-9) * step
              : power(step, Math.floor(exponent(least, step)));
      most =
          linear
              ? Math.ceil(most / step - 1e-9) * step
              : power(step, Math.ceil(exponent(most, step)));
    }
    return new Ticks(
        axis.scale(),
        Double.isNaN(axis.low()) ? least : axis.low(),
        Double.isNaN(axis.high()) ? most : axis.high());
  }

  double low() {
    return low;
  }

  double high() {
    return high;
  }

  /** Both ends moved, for an axis that is to have another's scale. */
  Ticks around(double span) {
    double middle = (low + high) / 2;
    return new Ticks(scale, middle - span / 2, middle + span / 2);
  }

  /** Where a value lies between the ends: 0 to 1; NaN where it cannot be drawn. */
  double at(double value) {
    if (!Double.isFinite(value) || (scale != Axis.Scale.LINEAR && value <= 0)) {
      return Double.NaN;
    }
    double place =
        scale == Axis.Scale.LINEAR
            ? (value - low) / (high - low)
            : Math.log(value / low) / Math.log(high / low);
    return Math.clamp(place, -0.02, 1.02);
  }

  List<Tick> ticks() {
    return switch (scale) {
      case LINEAR -> linear();
      case LOG -> powers(10);
      case LOG2 -> powers(2);
    };
  }

  private List<Tick> linear() {
    double step = step(low, high);
    List<Tick> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
      double value = i * step;
      int digits = 1 + (int) Math.max(2, Math.ceil(Math.log10(Math.max(1, Math.abs(i)))));
      ticks.add(new Tick(value, Numbers.shown(value, digits)));
    }
    return ticks;
  }

  private List<Tick> powers(int base) {
    int first = (int) Math.ceil(exponent(low, base) - 1e-9);
    int last = (int) Math.floor(exponent(high, base) + 1e-9);
    if (last - first < 1) {
      List<Tick> few = new ArrayList<>();
      for (Tick tick : linear()) {
        if (tick.value() > 0) {
          few.add(tick);
        }
      }
      return few;
    }
    int every = Math.ceilDiv(last - first + 1, base == 2 ? 8 : LOG_TICKS);
    List<Tick> ticks = new ArrayList<>();
    for (int e = first; e <= last; e += every) {
      double value = power(base, e);
      ticks.add(new Tick(value, base == 10 ? Numbers.powerOfTen(e) : Numbers.shown(value, 6)));
    }
    return ticks;
  }

  private static double exponent(double value, double base) {
    return base == 10 ? Math.log10(value) : Math.log(value) / Math.log(base);
  }

  private static double power(double base, double exponent) {
    return Math.pow(base, exponent);
  }

  /** 1, 2 or 5 times a power of ten, so that about five of them fit. */
  private static double step(double low, double high) {
    double rough = (high - low) / LINEAR_TICKS;
    double ten = Math.pow(10, Math.floor(Math.log10(rough)));
    double many = rough / ten;
    return ten * (many < 1.5 ? 1 : many < 3.5 ? 2 : many < 7.5 ? 5 : 10);
  }
}
