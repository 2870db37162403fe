package muninn.lab.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import muninn.UserException;
import muninn.engine.request.Options;
import muninn.engine.request.Sampling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GridFileTest {
  private static final Pattern WORD =
      Pattern.compile("(?!true|false|NaN)\\b[A-Za-z][\\w.-]*(:[\\w.-]+)?");

  @TempDir Path folder;

  @Test
  void everyValueGoesWithEveryOtherButExitsAndGuessesMultiplyOnlyTheirOwn() throws IOException {
    Grid grid =
        read(
            """
            grid: {
              steps: [8, 16],
              exit: [none, latent-diff],
              threshold: [1e-3, 0.5],
              mode: [none, rounds, wavefront],
              draft: [1, 2],
              k: [3, 5]
            }
            """);

    // 2 depths × (no exit + 2 thresholds) × (none + 2 drafts × 2 k + 2 drafts)
    assertThat(grid.settings()).hasSize(2 * 3 * (1 + 4 + 2)).doesNotHaveDuplicates();
    assertThat(grid.settings())
        .extracting(Setting::flags)
        .contains(
            "--steps 8",
            "--steps 16 --exit latent-diff --exit-threshold 0.001 --speculate rounds:draft=2,k=5",
            "--steps 8 --exit latent-diff --exit-threshold 0.5 --speculate wavefront:draft=1");
  }

  @Test
  void whatCellsAreComparedWithComesFirstAndOnce() throws IOException {
    Grid grid = read("grid: [{steps: 4, kv: mod:2, batch: 3}, {steps: [4, 8], batch: 3}]");

    assertThat(grid.cells())
        .extracting(Setting::key)
        .containsExactly("8 steps, batch 3", "4 steps, batch 3", "4 steps, kv mod:2, batch 3");
  }

  @Test
  void promptsAreTakenEvenlyAndLieBesideTheGrid() throws IOException {
    Grid grid = read("{prompts: tasks.jsonl, limit: 2, grid: {steps: 1}}");
    Files.writeString(
        folder.resolve("tasks.jsonl"),
        "{\"prompt\":\"a\",\"answer\":\"b\"}\n"
            + "{\"tokens\":[1,2]}\n\n"
            + "{\"tokens\":[3]}\n"
            + "{\"tokens\":[4]}\n");
    PromptFile.Encoding encoding =
        new PromptFile.Encoding(text -> text.chars().toArray(), _ -> new int[0], 10);

    List<Prompt> all = new PromptFile(encoding).read(grid.prompts().orElseThrow(), 0);

    assertThat(all).extracting(Prompt::tokens).contains(new int[] {'a'}, new int[] {3});
    assertThat(all.getFirst().answer()).contains("b");
    assertThat(grid.chosen(all)).containsExactly(all.get(0), all.get(2));
  }

  @Test
  void anyOptionOfSamplingMayStandBesideTheGrid() throws IOException {
    Options options =
        read("""
        {seed: 7, top_p: 0.9, presence_penalty: 0.5, logit_bias: {"17": -100}, stop: [x],
         ignore_eos: true, grid: {}}
        """)
            .options();

    assertThat(options)
        .isEqualTo(
            Options.DEFAULT
                .withStop(List.of("x"))
                .withIgnoreEos(true)
                .withSampling(
                    Sampling.GREEDY
                        .withSeed(7)
                        .withTopP(0.9f)
                        .withPresencePenalty(0.5f)
                        .withLogitBias(Map.of(17, -100f))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{logit_bias: {a: 1}, grid: {}}   | logit_bias is an object, wanted token ids, each with",
        "{temperature: 1, grid: {}}       | unknown key 'temperature', wanted one of prompts",
        "{steps: 1, grid: {}}             | unknown key 'steps', wanted one of prompts, limit",
        "grid: {drafts: 1}                | grid: unknown key 'drafts', wanted one of steps, exit",
        "{gird: 1}                        | unknown key 'gird', wanted one of prompts, limit",
        "{seed: 1}                        | the key grid is missing",
        "[1]                              | holds a list, wanted a JSON object {…} with the key"
            + " grid",
        "grid: [{}, 3]                    | grid[1]: wanted keys and values, found 3",
        "grid: [{}, {steps: 0}]           | grid[1]: steps is 0, wanted a whole number, at least"
            + " 1",
        "grid: {steps: []}                | steps is an empty list, wanted at least one value",
        "grid: {steps: 1.5}               | steps is 1.5, wanted a whole number",
        "grid: {temperature: -1}          | temperature is -1, wanted a number at least 0",
        "grid: {exit: soon}               | exit: 'soon' is no exit rule, wanted latent-diff",
        "grid: {threshold: 1}             | threshold is stated without exit, whose rule it sets",
        "grid: {kv: half}                 | kv: 'half' is no KV sharing, wanted full, mod:B",
        "grid: {mode: waves}              | mode is 'waves', wanted none, rounds or wavefront",
        "grid: {draft: 1}                 | draft is stated without mode: rounds or wavefront",
        "grid: {mode: wavefront, k: 4}    | k is stated without mode: rounds",
        "grid: {mode: rounds, draft: auto} | draft is auto, wanted a number of steps for rounds",
        "grid: {mode: rounds, draft: 0}   | draft is '0', wanted a number of steps from 1 on",
        "{limit: x, grid: {}}             | limit is 'x', wanted a whole number from 1 on",
        "{ignore_eos: 1, grid: {}}        | ignore_eos is 1, wanted true or false",
        "grid: {steps: 1, steps: 2}       | is not valid JSON: Duplicate field 'steps' (line 1",
        "grid: {steps: 1                  | is not valid JSON: Unexpected end-of-input",
        "grid: {steps: NaN}               | steps is NaN, wanted a whole number",
      })
  void mistakesAreOneSentence(String grid, String sentence) {
    assertThatThrownBy(() -> read(grid))
        .isInstanceOf(UserException.class)
        .message()
        .startsWith(folder.resolve("grid.json").toString())
        .contains(sentence)
        .hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prompt\": 1}                   | line 1: prompt is 1, wanted a text",
        "{\"answer\": \"b\"}               | line 1: no prompt: state one of prompt, messages",
        "{\"tokens\": [1], \"prompt\": \"a\"} | line 1: both tokens and prompt are given: state"
            + " one",
        "{\"tokens\": [1], \"steps\": 4}   | line 1: unknown field steps",
        "{\"tokens\": [1.5]}               | line 1: tokens[0] is 1.5, wanted a whole number",
        "{\"tokens\": []}                  | line 1: tokens is an empty list, wanted",
        "{                                 | line 1: not valid JSON",
        "                                  | holds no prompts",
      })
  void mistakesInPromptsArePlaced(String line, String sentence) throws IOException {
    Path file = folder.resolve("prompts.jsonl");
    Files.writeString(file, (line == null ? "" : line) + "\n");
    PromptFile prompts =
        new PromptFile(new PromptFile.Encoding(_ -> new int[1], _ -> new int[1], 10));

    assertThatThrownBy(() -> prompts.read(file.toString(), 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("prompts.jsonl")
        .hasMessageContaining(sentence);
  }

  @Test
  void filesThatAreNotThereAreNamed() {
    assertThatThrownBy(() -> GridFile.read(folder.resolve("none.json")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("none.json: cannot be read as a grid (no such file)");
    PromptFile prompts =
        new PromptFile(new PromptFile.Encoding(_ -> new int[1], _ -> new int[1], 10));
    assertThatThrownBy(() -> prompts.read("none.jsonl", 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("none.jsonl: cannot be read as prompts (no such file)");
    assertThatThrownBy(() -> prompts.read("random:3", 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("random:COUNTxTOKENS");
  }

  @Test
  void theGridsOfTheDocumentsAreGrids() {
    Path docs = Path.of("..", "..", "docs");
    assertThat(GridFile.read(docs.resolve("depth.json")).cells()).hasSize(84);
    assertThat(GridFile.read(docs.resolve("depth-long.json")).repeats()).isEqualTo(1);
    assertThat(GridFile.read(docs.resolve("depth-batch.json")).largestBatch()).isEqualTo(256);
  }

  @Test
  void aGridInYamlIsRefusedWithWhatToDo() throws IOException {
    for (String name : List.of("grid.yaml", "GRID.YML")) {
      Path file = Files.writeString(folder.resolve(name), "grid: {steps: 1}\n");
      assertThatThrownBy(() -> GridFile.read(file))
          .isInstanceOf(UserException.class)
          .hasMessage(
              file
                  + ": a grid is a JSON file: write the same keys and values as JSON, as in"
                  + " docs/depth.json");
    }
  }

  @Test
  void aByteOrderMarkIsNoPartOfAGridAndWhatFollowsItIsRefused() throws IOException {
    Path file = folder.resolve("grid.json");
    Files.writeString(file, "\ufeff{\"grid\": {\"steps\": 3}}\r\n");
    assertThat(GridFile.read(file).deepestSteps()).isEqualTo(3);

    Files.writeString(file, "{\"grid\": {\"steps\": 3}} {}");
    assertThatThrownBy(() -> GridFile.read(file)).hasMessageContaining("goes on after its JSON");
    Files.writeString(file, "");
    assertThatThrownBy(() -> GridFile.read(file)).hasMessageContaining("holds nothing, wanted");
    Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
    assertThatThrownBy(() -> GridFile.read(file)).hasMessageContaining("not UTF-8 text");
  }

  /** Of JSON without its quotation marks, and without the outermost braces. */
  private Grid read(String grid) throws IOException {
    String braced = grid.startsWith("{") || grid.startsWith("[") ? grid : "{" + grid + "}";
    String json = WORD.matcher(braced).replaceAll("\"$0\"");
    return GridFile.read(Files.writeString(folder.resolve("grid.json"), json));
  }
}
