package muninn.lab.sweep;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import muninn.engine.request.Options;

/**
 * What a sweep tries.
 *
 * @param prompts what {@link PromptFile} reads; empty stands for the model's own task file
 * @param limit most prompts to ask, taken evenly from all of the file; 0 asks them all
 * @param maxTokens most new tokens of an answer; 0 leaves room for the longest right answer, or 64
 * @param options of all cells but for what these vary: steps, thinking, temperature
 * @param watched prompts whose answers are watched step by step, for the depths to guess at
 * @param repeats how often each cell is timed
 * @param settings the cells that were asked for
 */
public record Grid(
    Optional<String> prompts,
    int limit,
    int maxTokens,
    Options options,
    int watched,
    int repeats,
    List<Setting> settings) {
  private static final int DEFAULT_TOKENS = 64;
  private static final int SPARE_TOKENS = 4;

  public Grid {
    settings = List.copyOf(settings);
  }

  /**
   * All cells: first what others are compared with, then the rest in the order asked for, none
   * twice. A cell is compared with plain decoding at its own depth, and at the deepest one.
   */
  public Collection<Setting> cells() {
    Set<Setting> cells = new LinkedHashSet<>();
    settings.forEach(setting -> cells.add(deepest(setting)));
    settings.forEach(setting -> cells.add(setting.plain()));
    cells.addAll(settings);
    return cells;
  }

  /** Plain decoding at the deepest depth of the grid, otherwise like this cell. */
  public Setting deepest(Setting setting) {
    return setting.plain().withSteps(deepestSteps());
  }

  public int deepestSteps() {
    return settings.stream().mapToInt(Setting::steps).max().orElse(1);
  }

  /** All temperatures, in the order asked for. */
  List<Float> temperatures() {
    return settings.stream().map(Setting::temperature).distinct().toList();
  }

  public int largestBatch() {
    return settings.stream().mapToInt(Setting::batch).max().orElse(1);
  }

  /** As many prompts as are to be asked, taken evenly from all of them. */
  public List<Prompt> chosen(List<Prompt> all) {
    if (limit == 0 || limit >= all.size()) {
      return all;
    }
    List<Prompt> chosen = new ArrayList<>();
    for (int i = 0; i < limit; i++) {
      chosen.add(all.get((int) ((long) i * all.size() / limit)));
    }
    return chosen;
  }

  /**
   * Most new tokens of an answer: what the grid says, or what the longest right answer needs, with
   * room in which to be wrong.
   */
  public int maxTokens(List<Prompt> prompts, Function<String, int[]> encode) {
    if (maxTokens > 0) {
      return maxTokens;
    }
    int longest =
        prompts.stream()
            .flatMap(prompt -> prompt.answer().stream())
            .mapToInt(answer -> encode.apply(answer).length)
            .max()
            .orElse(0);
    return longest == 0 ? DEFAULT_TOKENS : longest + SPARE_TOKENS;
  }
}
