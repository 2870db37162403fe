package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import muninn.engine.Exit;
import muninn.engine.KnownExit;
import muninn.engine.Speculation;
import muninn.engine.Thinking;
import muninn.model.KvSharing;

/**
 * One block of a grid: every value of a key with every value of all others. What belongs to exit
 * rules or to speculation multiplies only those.
 */
final class GridBlock {
  static final List<String> KEYS =
      List.of(
          "steps",
          "exit",
          "threshold",
          "min_steps",
          "exit_every",
          "kv",
          "continuous",
          "mode",
          "draft",
          "k",
          "lanes",
          "approximate",
          "temperature",
          "batch");

  private static final String NONE = "none";
  private static final String ROUNDS = "rounds";
  private static final String WAVEFRONT = "wavefront";
  private static final String AUTO = "auto";
  private static final int DEFAULT_STEPS = 16;
  private static final int DEFAULT_DRAFT = 4;
  private static final int DEFAULT_K = 4;

  private final Fields fields;

  GridBlock(Fields fields) {
    this.fields = fields;
  }

  List<Setting> settings() {
    List<Thinking> thoughts = thoughts(exits(), speculations());
    List<Float> stated = fields.numbers("temperature");
    List<Float> temperatures = stated.isEmpty() ? List.of(0f) : stated;
    List<Integer> batches = fields.integers("batch", 1, 1);
    List<Setting> settings = new ArrayList<>();
    for (int steps : fields.integers("steps", DEFAULT_STEPS, 1)) {
      for (Thinking thinking : thoughts) {
        for (float temperature : temperatures) {
          for (int batch : batches) {
            settings.add(new Setting(steps, thinking, temperature, batch));
          }
        }
      }
    }
    return settings;
  }

  private List<Thinking> thoughts(List<Exit> exits, List<Speculation> speculations) {
    List<KvSharing> sharings = fields.words("kv", "full").stream().map(this::sharing).toList();
    List<Boolean> continuous = fields.bools("continuous", false);
    List<Thinking> thoughts = new ArrayList<>();
    for (Exit exit : exits) {
      for (KvSharing kv : sharings) {
        for (boolean goesOn : continuous) {
          for (Speculation speculation : speculations) {
            thoughts.add(new Thinking(exit, kv, goesOn, speculation));
          }
        }
      }
    }
    return thoughts;
  }

  private List<Exit> exits() {
    List<String> rules = fields.words("exit", NONE);
    boolean exits = rules.stream().anyMatch(rule -> !rule.equals(NONE));
    for (String key : List.of("threshold", "min_steps", "exit_every")) {
      need(key, exits, "exit, whose rule it sets");
    }
    List<Float> thresholds = fields.numbers("threshold");
    List<Exit> found = new ArrayList<>();
    for (String name : rules) {
      if (name.equals(NONE)) {
        found.add(Exit.NEVER);
        continue;
      }
      KnownExit.Kind kind =
          KnownExit.Kind.of(name)
              .orElseThrow(
                  () ->
                      fields.refused(
                          "exit", "'" + name + "'", KnownExit.Kind.ids() + ", or " + NONE));
      Stream<KnownExit> asked =
          thresholds.isEmpty()
              ? Stream.of(kind.rule())
              : thresholds.stream().map(threshold -> new KnownExit(kind, threshold));
      asked.forEach(rule -> addRhythms(found, rule));
    }
    return found;
  }

  private void addRhythms(List<Exit> exits, KnownExit rule) {
    for (int minSteps : fields.integers("min_steps", 1, 1)) {
      for (int every : fields.integers("exit_every", 1, 1)) {
        exits.add(new Exit(rule, minSteps, every, false));
      }
    }
  }

  private List<Speculation> speculations() {
    List<String> modes = fields.words("mode", NONE);
    for (String mode : modes) {
      if (!List.of(NONE, ROUNDS, WAVEFRONT).contains(mode)) {
        throw fields.refused("mode", "'" + mode + "'", "none, rounds or wavefront");
      }
    }
    boolean guesses = modes.stream().anyMatch(mode -> !mode.equals(NONE));
    need("draft", guesses, "mode: rounds or wavefront");
    need("approximate", guesses, "mode: rounds or wavefront");
    need("k", modes.contains(ROUNDS), "mode: rounds, whose lanes it counts");
    need("lanes", modes.contains(WAVEFRONT), "mode: wavefront, whose lanes it counts");
    List<Speculation> found = new ArrayList<>();
    for (String mode : modes) {
      switch (mode) {
        case NONE -> found.add(Speculation.NONE);
        case ROUNDS -> addRounds(found);
        default -> addWavefronts(found);
      }
    }
    return fields.bool("approximate", false)
        ? found.stream().map(GridBlock::approximately).toList()
        : found;
  }

  private static Speculation approximately(Speculation speculation) {
    return speculation.equals(Speculation.NONE) ? speculation : speculation.approximately();
  }

  private void addRounds(List<Speculation> found) {
    for (String draft : drafts()) {
      if (draft.equals(AUTO)) {
        throw fields.refused("draft", AUTO, "a number of steps for rounds, auto is for wavefront");
      }
      for (int k : fields.integers("k", DEFAULT_K, 2)) {
        found.add(Speculation.rounds(Integer.parseInt(draft), k));
      }
    }
  }

  private void addWavefronts(List<Speculation> found) {
    for (String draft : drafts()) {
      int depth = draft.equals(AUTO) ? Speculation.AUTO : Integer.parseInt(draft);
      for (int lanes : fields.integers("lanes", Speculation.ANY, 2)) {
        found.add(Speculation.wavefront(depth).withLanes(lanes));
      }
    }
  }

  private List<String> drafts() {
    List<String> drafts = fields.words("draft", Integer.toString(DEFAULT_DRAFT));
    for (String draft : drafts) {
      if (!draft.equals(AUTO) && !draft.matches("[1-9][0-9]{0,8}")) {
        throw fields.refused("draft", "'" + draft + "'", "a number of steps from 1 on, or auto");
      }
    }
    return drafts;
  }

  private KvSharing sharing(String text) {
    try {
      return KvSharing.parse(text);
    } catch (IllegalArgumentException e) {
      throw fields.refused("kv", "'" + text + "'", KvSharing.FORMS);
    }
  }

  /** Refuses a key that would set what is not there. */
  private void need(String key, boolean there, String what) {
    if (fields.has(key) && !there) {
      throw fields.without(key, what);
    }
  }
}
