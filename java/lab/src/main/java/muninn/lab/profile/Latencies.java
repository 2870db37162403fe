package muninn.lab.profile;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** How long users waited, as histograms of nanoseconds that keep three digits. */
final class Latencies {
  private static final int DIGITS = 3;
  private static final int TICKS_PER_HALF = 5;

  /** What was waited for. */
  enum Wait {
    /** From when the request was to be put to its first token. */
    TIME_TO_FIRST_TOKEN,
    /** The same from when it was put: what would be told without regard to coordinated omission. */
    FIRST_TOKEN_AFTER_SUBMISSION,
    /** Between the tokens of one answer, its mean; of answers of at least two. */
    TIME_PER_TOKEN,
    /** Between one token and the next. */
    GAP,
    /** From when the request was to be put to the end of its answer. */
    ANSWER;

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A percentile and the time within which it came. */
  record Point(double percentile, long nanos) {}

  private final Map<Wait, Histogram> histograms = new EnumMap<>(Wait.class);

  Latencies() {
    for (Wait wait : Wait.values()) {
      histograms.put(wait, new Histogram(DIGITS));
    }
  }

  void add(Load.Answered answered) {
    List<Long> tokens = answered.tokens();
    record(Wait.ANSWER, answered.ended() - answered.intended());
    if (tokens.isEmpty()) {
      return;
    }
    record(Wait.TIME_TO_FIRST_TOKEN, tokens.getFirst() - answered.intended());
    record(Wait.FIRST_TOKEN_AFTER_SUBMISSION, tokens.getFirst() - answered.submitted());
    for (int i = 1; i < tokens.size(); i++) {
      record(Wait.GAP, tokens.get(i) - tokens.get(i - 1));
    }
    if (tokens.size() > 1) {
      record(Wait.TIME_PER_TOKEN, (tokens.getLast() - tokens.getFirst()) / (tokens.size() - 1));
    }
  }

  private void record(Wait wait, long nanos) {
    histograms.get(wait).recordValue(nanos);
  }

  long count(Wait wait) {
    return histograms.get(wait).getTotalCount();
  }

  double mean(Wait wait) {
    return histograms.get(wait).getMean();
  }

  long least(Wait wait) {
    return count(wait) == 0 ? 0 : histograms.get(wait).getMinValue();
  }

  long most(Wait wait) {
    return histograms.get(wait).getMaxValue();
  }

  /** The time within which that share came, in per cent. */
  long percentile(Wait wait, double percentile) {
    return histograms.get(wait).getValueAtPercentile(percentile);
  }

  /** Percentiles as fine as the counts allow, finer towards the slowest. */
  List<Point> curve(Wait wait) {
    List<Point> curve = new ArrayList<>();
    for (HistogramIterationValue value : histograms.get(wait).percentiles(TICKS_PER_HALF)) {
      curve.add(new Point(value.getPercentileLevelIteratedTo(), value.getValueIteratedTo()));
    }
    return curve;
  }
}
