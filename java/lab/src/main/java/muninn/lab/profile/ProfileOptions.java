package muninn.lab.profile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Sampling;
import muninn.engine.request.Thinking;
import muninn.lab.Effort;
import muninn.lab.expect.Card;
import muninn.lab.report.Numbers;

/**
 * What a {@link Profile} measures.
 *
 * @param prompts to be continued, one after another and again from the first; with none, prompts of
 *     {@code promptTokens} made-up tokens
 * @param maxTokens of each answer
 * @param endOfText whether answers may end before that, where the model says so
 * @param clients of a closed loop; 0 for an open one
 * @param rate requests a second of an open loop
 * @param constant whether these come at equal distances, not at random
 * @param requests of a round
 * @param rounds of each kind: without a clock on the device, with stages timed, with operations
 * @param timelineEvents most events of the timeline of a round
 * @param readBytes memory that the read bandwidth is measured over; 0 leaves it to the device
 * @param card whose expected times stand beside what is measured
 */
public record ProfileOptions(
    List<String> prompts,
    int promptTokens,
    int steps,
    int maxTokens,
    boolean endOfText,
    Sampling sampling,
    Thinking thinking,
    int clients,
    double rate,
    boolean constant,
    int requests,
    int rounds,
    int timelineEvents,
    long readBytes,
    Effort effort,
    Optional<Card> card) {

  public ProfileOptions {
    prompts = List.copyOf(prompts);
  }

  Load.Arrivals arrivals() {
    return clients > 0
        ? new Load.Arrivals.Closed(clients)
        : new Load.Arrivals.Open(rate, !constant);
  }

  /** As a reader wants it: {@code closed loop, 4 clients}. */
  public String load() {
    if (clients > 0) {
      return clients == 1 ? "closed loop, 1 client" : "closed loop, " + clients + " clients";
    }
    return String.format(
        Locale.ROOT,
        "open loop, %s requests/s at %s",
        Numbers.shown(rate),
        constant ? "equal distances" : "random (Poisson)");
  }

  /** As a report tells them, under the names that a user gives them. */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("load", load());
    settings.put("requests", Integer.toString(requests));
    settings.put("rounds", Integer.toString(rounds));
    settings.put(
        "prompt",
        prompts.isEmpty() ? promptTokens + " made-up tokens" : String.join(" | ", prompts));
    settings.put("steps", Integer.toString(steps));
    settings.put("max-tokens", Integer.toString(maxTokens));
    settings.put("eos", Boolean.toString(endOfText));
    settings.put("temperature", Float.toString(sampling.temperature()));
    settings.put("kv", thinking.kv().toString());
    settings.put("continuous", Boolean.toString(thinking.isContinuous()));
    settings.put("speculate", thinking.speculation().toString());
    settings.put("exit", said(thinking.exit()));
    return settings;
  }

  private static String said(Exit exit) {
    return exit.rule() instanceof KnownExit(KnownExit.Kind kind, float threshold)
        ? String.format(
            Locale.ROOT,
            "%s %s, from step %d, every %d%s",
            kind.id(),
            threshold,
            exit.minSteps(),
            exit.every(),
            exit.prompt() ? ", prompt too" : "")
        : "none";
  }
}
