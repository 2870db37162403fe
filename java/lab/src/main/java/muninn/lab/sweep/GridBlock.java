package muninn.lab.sweep;

import static muninn.engine.request.SamplingOptions.TEMPERATURE;
import static muninn.engine.request.ThinkingOptions.CONTINUOUS;
import static muninn.engine.request.ThinkingOptions.EXIT;
import static muninn.engine.request.ThinkingOptions.EXIT_EVERY;
import static muninn.engine.request.ThinkingOptions.KV;
import static muninn.engine.request.ThinkingOptions.MIN_STEPS;
import static muninn.engine.request.ThinkingOptions.STEPS;

import java.util.ArrayList;
import java.util.List;
import muninn.engine.request.Continuous;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.RequestOptions;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.model.KvSharing;

/**
 * One block of a grid: every value of a key with every value of all others. What belongs to exit
 * rules or to speculation multiplies only those. Options of requests have their names and values
 * from {@link RequestOptions}.
 */
final class GridBlock {
  private static final String THRESHOLD = "threshold";

  static final List<String> KEYS =
      List.of(
          STEPS.name(),
          EXIT.name(),
          THRESHOLD,
          MIN_STEPS.name(),
          EXIT_EVERY.name(),
          KV.name(),
          CONTINUOUS.name(),
          "mode",
          "draft",
          "k",
          "lanes",
          "branches",
          "approximate",
          TEMPERATURE.name(),
          "batch");

  private static final String NONE = "none";
  private static final String ROUNDS = "rounds";
  private static final String WAVEFRONT = "wavefront";
  private static final String AUTO = "auto";
  private static final int DEFAULT_STEPS = 16;
  private static final int DEFAULT_DRAFT = 4;
  private static final int DEFAULT_K = 4;

  private final GridFields fields;

  GridBlock(GridFields fields) {
    this.fields = fields;
  }

  List<Setting> settings() {
    List<Thinking> thoughts = thoughts(exits(), speculations());
    List<Float> temperatures = fields.values(TEMPERATURE, 0f);
    List<Integer> batches = fields.integers("batch", 1, 1);
    List<Setting> settings = new ArrayList<>();
    for (int steps : fields.values(STEPS, DEFAULT_STEPS)) {
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
    List<KvSharing> sharings = fields.values(KV, Thinking.PLAIN.kv());
    List<Boolean> continuous = fields.values(CONTINUOUS, false);
    List<Thinking> thoughts = new ArrayList<>();
    for (Exit exit : exits) {
      for (KvSharing kv : sharings) {
        for (boolean goesOn : continuous) {
          for (Speculation speculation : speculations) {
            thoughts.add(
                new Thinking(
                    exit, kv, goesOn ? Continuous.PUBLISHED : Continuous.NONE, speculation));
          }
        }
      }
    }
    return thoughts;
  }

  private List<Exit> exits() {
    List<Exit> asked = fields.values(EXIT, Exit.NEVER);
    boolean exits = asked.stream().anyMatch(exit -> !exit.equals(Exit.NEVER));
    for (String key : List.of(THRESHOLD, MIN_STEPS.name(), EXIT_EVERY.name())) {
      need(key, exits, "exit, whose rule it sets");
    }
    List<Float> thresholds = fields.numbers(THRESHOLD);
    List<Exit> found = new ArrayList<>();
    for (Exit exit : asked) {
      if (!(exit.rule() instanceof KnownExit known)) {
        found.add(exit);
      } else if (thresholds.isEmpty()) {
        addRhythms(found, known);
      } else {
        thresholds.forEach(threshold -> addRhythms(found, new KnownExit(known.kind(), threshold)));
      }
    }
    return found;
  }

  private void addRhythms(List<Exit> exits, KnownExit rule) {
    for (int minSteps : fields.values(MIN_STEPS, 1)) {
      for (int every : fields.values(EXIT_EVERY, 1)) {
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
    need("branches", modes.contains(WAVEFRONT), "mode: wavefront, which has them");
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
        Speculation wave = Speculation.wavefront(depth).withLanes(lanes);
        for (boolean branches : fields.bools("branches", true)) {
          found.add(branches ? wave : wave.withoutBranches());
        }
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

  /** Refuses a key that would set what is not there. */
  private void need(String key, boolean there, String what) {
    if (fields.has(key) && !there) {
      throw fields.without(key, what);
    }
  }
}
