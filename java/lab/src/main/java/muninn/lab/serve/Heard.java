package muninn.lab.serve;

import java.util.ArrayList;
import java.util.List;

/**
 * What a client heard of one request. Times are of {@link System#nanoTime}; each event of an answer
 * counts as a token's time, whatever text it carries.
 *
 * @param inputTokens as the server counts them, or as they were sent where it does not say
 * @param outputTokens as the server counts them, or one an event
 * @param sent when the request was
 * @param events when each came
 * @param error why there is no whole answer; empty where there is one
 */
record Heard(
    int inputTokens, int outputTokens, long sent, List<Long> events, String text, String error) {

  Heard {
    events = List.copyOf(events);
  }

  static Heard failed(int inputTokens, long sent, String error) {
    return new Heard(inputTokens, 0, sent, List.of(), "", error);
  }

  boolean isWhole() {
    return error.isEmpty();
  }

  /** Seconds to the first token. */
  double ttft() {
    return events.isEmpty() ? 0 : (events.getFirst() - sent) / 1e9;
  }

  /** Seconds to the last token. */
  double e2el() {
    return events.isEmpty() ? 0 : (events.getLast() - sent) / 1e9;
  }

  /** Seconds a token after the first; 0 for an answer of one. */
  double tpot() {
    return outputTokens > 1 ? (e2el() - ttft()) / (outputTokens - 1) : 0;
  }

  /** Seconds between one event and the next. */
  List<Double> itl() {
    List<Double> gaps = new ArrayList<>();
    for (int i = 1; i < events.size(); i++) {
      gaps.add((events.get(i) - events.get(i - 1)) / 1e9);
    }
    return gaps;
  }

  /** What was waited for of this request as a whole. */
  double of(Wait wait) {
    return switch (wait) {
      case TTFT -> ttft();
      case TPOT -> tpot();
      case E2EL -> e2el();
      case ITL -> throw new IllegalArgumentException("a request has many of them");
    };
  }
}
