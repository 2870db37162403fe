package muninn.lab.sweep;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;

/**
 * One way to answer the prompts: a cell of the grid.
 *
 * @param steps most recurrence steps of a position
 * @param batch most requests in work at once
 */
public record Setting(int steps, Thinking thinking, float temperature, int batch) {

  /** Every position at full depth, one after the other, with all its keys. */
  public Setting plain() {
    return new Setting(steps, Thinking.PLAIN, temperature, batch);
  }

  public Setting withSteps(int steps) {
    return new Setting(steps, thinking, temperature, batch);
  }

  public boolean isPlain() {
    return thinking.equals(Thinking.PLAIN);
  }

  /** The name of the exit rule, or {@code none}. */
  public String rule() {
    return known() == null ? "none" : known().kind().id();
  }

  /** The exit rule's threshold, or nothing. */
  public String threshold() {
    return known() == null ? "" : text(known().threshold());
  }

  /** How positions open on guesses: {@code none}, {@code rounds} or {@code wavefront}. */
  public String mode() {
    return thinking.speculation().kind().id();
  }

  /** The draft depth, or nothing. */
  public String draft() {
    Speculation s = thinking.speculation();
    if (s.kind() == Speculation.Kind.NONE) {
      return "";
    }
    return s.draft() == Speculation.AUTO ? "auto" : Integer.toString(s.draft());
  }

  /** Lanes of a round, or the most lanes of a wavefront; nothing where there is no bound. */
  public String lanes() {
    Speculation s = thinking.speculation();
    boolean bounded = s.kind() != Speculation.Kind.NONE && s.lanes() != Speculation.ANY;
    return bounded ? Integer.toString(s.lanes()) : "";
  }

  /** What tells it from all other settings, in words. */
  public String key() {
    return label(null);
  }

  /** What settings differ in, and a chart may have along its edge. */
  public enum Axis {
    STEPS,
    RULE,
    THRESHOLD,
    KV,
    CONTINUOUS,
    MODE,
    DRAFT,
    TEMPERATURE,
    BATCH
  }

  /** All that is special about it, in words, with one thing left out. */
  public String label(Axis without) {
    StringJoiner words = new StringJoiner(", ");
    parts()
        .forEach(
            (axis, part) -> {
              if (axis != without && !part.isEmpty()) {
                words.add(part);
              }
            });
    return words.toString();
  }

  private Map<Axis, String> parts() {
    Map<Axis, String> parts = new LinkedHashMap<>();
    parts.put(Axis.STEPS, steps + (steps == 1 ? " step" : " steps"));
    parts.put(Axis.RULE, known() == null ? "" : rule() + rhythm(thinking.exit()));
    parts.put(Axis.THRESHOLD, known() == null ? "" : "at " + threshold());
    parts.put(Axis.KV, thinking.kv().shares() ? "kv " + thinking.kv() : "");
    parts.put(Axis.CONTINUOUS, thinking.isContinuous() ? "continuous" : "");
    parts.put(Axis.MODE, modeInWords());
    parts.put(Axis.DRAFT, draft().isEmpty() ? "" : "draft " + draft());
    parts.put(Axis.TEMPERATURE, temperature == 0 ? "" : "temperature " + text(temperature));
    parts.put(Axis.BATCH, batch == 1 ? "" : "batch " + batch);
    return parts;
  }

  private static String rhythm(Exit exit) {
    return (exit.minSteps() == 1 ? "" : " from step " + exit.minSteps())
        + (exit.every() == 1 ? "" : " every " + exit.every() + " steps");
  }

  private String modeInWords() {
    Speculation s = thinking.speculation();
    String bound =
        lanes().isEmpty()
            ? ""
            : s.kind() == Speculation.Kind.ROUNDS
                ? " of " + lanes()
                : " of at most " + lanes() + " lanes";
    return switch (s.kind()) {
      case NONE -> "";
      case ROUNDS -> mode() + bound + approximately();
      case WAVEFRONT ->
          mode() + bound + (s.branches() ? "" : " without branches") + approximately();
    };
  }

  private String approximately() {
    return thinking.speculation().approximate() ? ", approximate" : "";
  }

  /** The options of {@code muninn generate} and {@code muninn batch} that ask for it. */
  public String flags() {
    List<String> flags = new ArrayList<>(List.of("--steps " + steps));
    Exit exit = thinking.exit();
    if (known() != null) {
      flags.add("--exit " + rule() + " --exit-threshold " + threshold());
      if (exit.minSteps() != 1) {
        flags.add("--min-steps " + exit.minSteps());
      }
      if (exit.every() != 1) {
        flags.add("--exit-every " + exit.every());
      }
    }
    if (thinking.kv().shares()) {
      flags.add("--kv " + thinking.kv());
    }
    if (thinking.isContinuous()) {
      flags.add("--continuous");
    }
    if (thinking.speculation().kind() != Speculation.Kind.NONE) {
      flags.add("--speculate " + thinking.speculation());
    }
    if (temperature != 0) {
      flags.add("--temperature " + text(temperature));
    }
    if (batch != 1) {
      flags.add("--max-sequences " + batch);
    }
    return String.join(" ", flags);
  }

  private KnownExit known() {
    return thinking.exit().rule() instanceof KnownExit known ? known : null;
  }

  /** A number as people write it: 0.0005, not 5.0E-4. */
  private static String text(float number) {
    return new BigDecimal(Float.toString(number)).stripTrailingZeros().toPlainString();
  }
}
