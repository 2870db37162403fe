package muninn.engine.request;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Reads {@link Speculation}s as users write them: a kind, then options in any order. An option's
 * method takes it out, so that what is left in the end is what the kind does not have.
 */
final class SpeculationParser {
  private static final String APPROXIMATE = "approximate";
  private static final String ON = "on";
  private static final String OFF = "off";

  private final String text;
  private final Map<String, String> options = new LinkedHashMap<>();

  SpeculationParser(String text) {
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException saying what is wrong and what is wanted
   */
  Speculation parse() {
    String[] parts = text.split(":", 2);
    if (parts.length == 2) {
      for (String option : parts[1].split(",", -1)) {
        String[] pair = option.split("=", 2);
        if (options.put(pair[0], pair.length == 2 ? pair[1] : "") != null) {
          throw wrong(pair[0] + " is stated twice");
        }
      }
    }
    Speculation found =
        switch (parts[0]) {
          case "none" -> Speculation.NONE;
          case "rounds" -> approximable(Speculation.rounds(number("draft", 4), number("k", 4)));
          case "wavefront" -> approximable(wavefront());
          default -> throw wrong("no speculation");
        };
    if (!options.isEmpty()) {
      throw wrong(
          String.format(
              Locale.ROOT, "%s has no '%s'", parts[0], options.keySet().iterator().next()));
    }
    return found;
  }

  private Speculation wavefront() {
    int draft =
        options.remove("draft", "auto") ? Speculation.AUTO : number("draft", Speculation.AUTO);
    Speculation wave = Speculation.wavefront(draft).withLanes(number("lanes", Speculation.ANY));
    wave = branches() ? wave : wave.withoutBranches();
    if (options.containsKey("freeze")) {
      return wave.freezing(rule());
    }
    if (options.containsKey("threshold")) {
      throw wrong("threshold is stated but not freeze, whose threshold it is");
    }
    return wave;
  }

  private boolean branches() {
    String value = options.getOrDefault("branches", ON);
    if (!value.equals(ON) && !value.equals(OFF)) {
      throw wrong(String.format(Locale.ROOT, "branches is '%s', not on or off", value));
    }
    options.remove("branches");
    return value.equals(ON);
  }

  private Speculation approximable(Speculation found) {
    return options.remove(APPROXIMATE, "") ? found.approximately() : found;
  }

  private KnownExit rule() {
    String name = options.remove("freeze");
    KnownExit.Kind kind =
        KnownExit.Kind.of(name)
            .orElseThrow(
                () ->
                    wrong(
                        String.format(
                            Locale.ROOT,
                            "freeze is '%s', no exit rule (%s)",
                            name,
                            KnownExit.Kind.ids())));
    String threshold = options.remove("threshold");
    return threshold == null ? kind.rule() : new KnownExit(kind, threshold(threshold));
  }

  private float threshold(String value) {
    try {
      float threshold = Float.parseFloat(value);
      if (threshold > 0 && Float.isFinite(threshold)) {
        return threshold;
      }
    } catch (NumberFormatException e) {
      // Not a number; the message below says so.
    }
    throw wrong(String.format(Locale.ROOT, "threshold is '%s', no number above 0", value));
  }

  private int number(String option, int unstated) {
    String value = options.remove(option);
    if (value == null) {
      return unstated;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= 1) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Not a number; the message below says so.
    }
    throw wrong(String.format(Locale.ROOT, "%s is '%s', no whole number from 1", option, value));
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(
        String.format(Locale.ROOT, "'%s': %s, wanted %s", text, what, Speculation.FORMS));
  }
}
