package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {
  /** What the reference answers to token 5 at four steps ({@code golden/raven-nano/cases.json}). */
  private static final String REFERENCE =
      "54 131 131 131 31 3 31 82 100 122 122 122 122 140 44 47 47 100 31 149";

  @TempDir Path folder;

  @Test
  void printsTheIdsOfTheReferenceWhereThereIsNoTokenizer() {
    Cli.Result result = generate("--tokens", "5", "--steps", "4", "--max-tokens", "20");

    assertThat(result.out()).isEqualTo(REFERENCE + System.lineSeparator());
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
  }

  @Test
  void jsonIsOneObjectWithTokensStepsReasonStatsAndLogprobs() throws IOException {
    Cli.Result result =
        generate(
            "--tokens", "5,7", "--steps", "3", "--max-tokens", "4", "--json", "--logprobs", "2");

    JsonNode answer = new ObjectMapper().readTree(result.out());
    assertThat(answer.get("tokens")).hasSize(4);
    assertThat(answer.get("steps")).hasToString("[3,3,3,3]");
    assertThat(answer.get("finish_reason").asText()).isEqualTo("length");
    assertThat(answer.has("text")).isFalse();
    assertThat(answer.at("/stats/prompt_tokens").asInt()).isEqualTo(2);
    assertThat(answer.at("/stats/new_tokens").asInt()).isEqualTo(4);
    assertThat(answer.at("/stats/tokens_per_second").asDouble()).isPositive();
    assertThat(answer.at("/stats/time_to_first_token_ms").asDouble()).isPositive();
    assertThat(answer.at("/stats/ticks").asInt()).isGreaterThanOrEqualTo(4 * 3);
    assertThat(answer.at("/stats/lanes_per_tick").asDouble()).isGreaterThanOrEqualTo(1);
    assertThat(answer.get("logprobs")).hasSize(4);
    JsonNode first = answer.get("logprobs").get(0);
    assertThat(first.get("token")).isEqualTo(answer.get("tokens").get(0));
    assertThat(first.get("logprob").asDouble()).isNegative();
    assertThat(first.get("top").get(0).get("logprob")).isEqualTo(first.get("logprob"));
    assertThat(first.get("top")).hasSize(2);
  }

  @Test
  void severalAnswersAreThoseOfTheirSeeds() throws IOException {
    String[] asked = {"--tokens", "5,7", "--steps", "3", "--max-tokens", "4", "-t", "1"};
    List<String> three = new ArrayList<>(List.of(asked));
    three.addAll(List.of("--n", "3", "--seed", "9"));
    Cli.Result printed = generate(three.toArray(String[]::new));
    three.add("--json");
    JsonNode json = new ObjectMapper().readTree(generate(three.toArray(String[]::new)).out());

    StringBuilder wanted = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      String seed = json.at("/answers/" + i + "/seed").asText();
      List<String> alone = new ArrayList<>(List.of(asked));
      alone.addAll(List.of("--seed", seed));
      String answer = generate(alone.toArray(String[]::new)).out();
      wanted.append(i == 0 ? "" : System.lineSeparator());
      wanted.append("answer ").append(i + 1).append(" of 3, seed ").append(seed);
      wanted.append(':').append(System.lineSeparator()).append(answer);
      assertThat(json.at("/answers/" + i + "/tokens").toString())
          .isEqualTo("[" + answer.strip().replace(' ', ',') + "]");
      assertThat(json.at("/answers/" + i + "/stats/new_tokens").asInt()).isEqualTo(4);
    }
    assertThat(printed.out()).isEqualTo(wanted.toString());
    assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(12);
    assertThat(json.at("/answers/0/seed").asLong()).isEqualTo(9);
  }

  @Test
  void aModelOfRandomWeightsAnswersByItsShape() {
    String model = "random:64x4x96,vocab=300,context=64";
    Cli.Result result =
        Cli.run(
            "generate",
            "--device",
            "cpu",
            "--model",
            model,
            "--tokens",
            "5",
            "-s",
            "2",
            "--max-tokens",
            "3");

    assertThat(result.err()).isEmpty();
    assertThat(result.out().strip().split(" ")).hasSize(3);
    assertThat(Cli.run("generate", "--device", "cpu", "--model", model, "--prompt", "a").err())
        .startsWith("muninn: " + model + " has no tokenizer.json")
        .hasLineCount(1);
    assertThat(
            Cli.run("generate", "--device", "cpu", "--model", "random:64x3x96", "--tokens", "5")
                .err())
        .startsWith("muninn: random:64x3x96: width 64 over 3 heads")
        .hasLineCount(1);
  }

  @Test
  void stepsBeyondThoseOfALoopAreSaidBeforeTheAnswer() {
    assertThat(ouro("4").err()).isEmpty();
    assertThat(ouro("7").err())
        .startsWith("muninn: steps is 7 and ")
        .contains("(Ouro) is meant for 4")
        .hasLineCount(1);
  }

  @Test
  void aModelWithoutAGateRefusesTheRule() {
    assertThat(generate("--tokens", "5", "--exit", "gate").err())
        .startsWith("muninn: exit gate asks a gate that was trained with the model")
        .hasLineCount(1);
  }

  @Test
  void tokensMayLeaveEarlyAndSayHowManyStepsTheyTook() throws IOException {
    String[] options = {
      "--tokens",
      "5",
      "--steps",
      "16",
      "--max-tokens",
      "6",
      "--exit",
      "kl",
      "--exit-threshold",
      "0.01",
      "--kv",
      "first:8"
    };
    Cli.Result json = generate(with(options, "--json"));
    Cli.Result stats = generate(with(options, "--stats"));

    JsonNode answer = new ObjectMapper().readTree(json.out());
    assertThat(answer.get("tokens")).hasToString("[54,131,131,12,87,3]");
    assertThat(answer.get("steps")).hasToString("[16,4,4,5,6,5]");
    assertThat(answer.at("/stats/mean_steps").asDouble()).isEqualTo(40 / 6.0);
    assertThat(stats.err()).contains("6.7 steps a token").contains("steps: 16 4 4 5 6 5");
  }

  @Test
  void guessesChangeWhatItTakesAndNotWhatIsSaid() throws IOException {
    String[] options = {
      "--tokens", "5", "--steps", "4", "--max-tokens", "20", "--speculate", "wavefront:draft=2"
    };
    Cli.Result stats = generate(with(options, "--stats"));
    JsonNode json = new ObjectMapper().readTree(generate(with(options, "--json")).out());

    assertThat(stats.out().strip()).isEqualTo(REFERENCE);
    assertThat(stats.err()).contains("lanes opened on one").contains("right by steps: 2:");
    assertThat(json.at("/stats/core_passes_per_token").asDouble()).isLessThan(4);
    assertThat(json.has("approximate")).isFalse();
    assertThat(json.at("/stats/speculation/opened").asInt()).isPositive();
    assertThat(json.at("/stats/speculation/by_draft_depth/0/steps").asInt()).isEqualTo(2);
    assertThat(json.at("/stats/speculation/by_lanes_ahead/0/of").asInt()).isPositive();
  }

  @Test
  void whatFreezesIsLabelledAsApproximate() throws IOException {
    String[] options = {
      "--tokens", "5", "--steps", "8", "--speculate", "wavefront:draft=1,freeze=latent-diff"
    };
    Cli.Result stats = generate(with(options, "--stats"));
    JsonNode json = new ObjectMapper().readTree(generate(with(options, "--json")).out());

    assertThat(stats.err()).contains("approximate: speculation as asked for may change the text");
    assertThat(json.get("approximate").asBoolean()).isTrue();
  }

  @Test
  void speculationThatCannotBeExactFailsWithTheReason() {
    Cli.Result result = generate("--tokens", "5", "--speculate", "rounds", "--kv", "mod:1");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).startsWith("muninn: --speculate rounds:draft=4,k=4 cannot be exact");
    assertThat(result.err()).contains("approximate");
  }

  private static String[] with(String[] options, String one) {
    List<String> all = new ArrayList<>(List.of(options));
    all.add(one);
    return all.toArray(String[]::new);
  }

  @Test
  void statsGoToStandardError() {
    Cli.Result result = generate("--tokens", "5", "--steps", "1", "--max-tokens", "3", "--stats");

    assertThat(result.out().strip().split(" ")).hasSize(3);
    assertThat(result.err()).contains("3 tokens in").contains("tokens/s").contains("lanes a tick");
  }

  @Test
  void theSameSeedDrawsTheSameTokensAndAnotherOneOthers() {
    String[] drawn = new String[3];
    String[] seeds = {"3", "3", "4"};
    for (int i = 0; i < 3; i++) {
      drawn[i] =
          generate("--tokens", "5", "--max-tokens", "12", "-t", "1", "--seed", seeds[i]).out();
    }

    assertThat(drawn[1]).isEqualTo(drawn[0]);
    assertThat(drawn[2]).isNotEqualTo(drawn[0]);
  }

  @Test
  void everyTokenLeavesBeforeTheNextOneIsThoughtOf() {
    List<String> flushed = new ArrayList<>();
    ByteArrayOutputStream out =
        new ByteArrayOutputStream() {
          @Override
          public void flush() {
            flushed.add(toString(StandardCharsets.UTF_8));
          }
        };

    Cli.runInto(out, new Interrupt(), "", arguments("--tokens", "5", "--max-tokens", "3"));

    assertThat(flushed.stream().map(text -> text.strip().split(" ").length)).contains(1, 2, 3);
  }

  @Test
  void nothingOnStandardInputIsNoPrompt() {
    Cli.Result result = Cli.runWith("\n", "generate", "--model", Cli.nano());

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).startsWith("muninn: no prompt: give one");
  }

  @Test
  void aPromptMayLieInAFileOrOnStandardInputByName() throws IOException {
    Path file = Files.writeString(folder.resolve("p.txt"), "\uFEFF1+1=\r\n");
    Path bytes = Files.write(folder.resolve("bytes"), new byte[] {'1', (byte) 0xFF});
    Path empty = Files.writeString(folder.resolve("empty"), "\n");
    String sums = "../../weights/raven-sums";
    String[] sum = {"generate", "--device", "cpu", "--model", sums, "--max-tokens", "2", "-s", "2"};

    String said = Cli.run(with(sum, "1+1=")).out();
    assertThat(said).isNotBlank();
    assertThat(Cli.run(with(sum, "--prompt-file=" + file)).out()).isEqualTo(said);
    assertThat(Cli.runWith("1+1=\n", with(sum, "--prompt-file=-")).out()).isEqualTo(said);
    assertThat(Cli.run(with(sum, "--prompt-file=" + bytes)).err())
        .isEqualTo("muninn: --prompt-file " + bytes + " is not UTF-8 text: convert it to UTF-8\n");
    assertThat(Cli.run(with(sum, "--prompt-file=" + empty)).err())
        .startsWith("muninn: no prompt in " + empty);
    assertThat(Cli.run(with(sum, "--prompt-file=" + folder.resolve("no"))).err())
        .startsWith("muninn: --prompt-file " + folder.resolve("no") + " cannot be read: ")
        .hasLineCount(1);
    assertThat(Cli.run(with(sum, "--prompt-file=" + folder)).err())
        .contains("--prompt-file " + folder)
        .hasLineCount(1);
    assertThat(Cli.run(with(with(sum, "1+1="), "--prompt-file=" + file)).err())
        .contains("PROMPT and --prompt-file exclude each other");
  }

  @Test
  void textForAModelWithoutTokenizerIsRefusedWithTheRemedy() {
    Cli.Result result = Cli.runWith("1+1=\n", "generate", "--device", "cpu", "--model", Cli.nano());

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("muninn: ")
        .contains("has no tokenizer.json")
        .hasLineCount(1);
  }

  @Test
  void aTokenizerInAnotherFormIsSaidToNeedConversion(@TempDir Path temporary) throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Path.of(Cli.nano()).resolve(name), temporary.resolve(name));
    }
    Files.writeString(temporary.resolve("tokenizer.model"), "pieces");
    String model = temporary.toString();
    Cli.Result result = Cli.run("generate", "--device", "cpu", "--model", model, "--prompt", "a");

    assertThat(result.err())
        .contains("has no tokenizer.json", "tokenizer.model, which is not read", "save_pretrained");
  }

  @Test
  void ctrlCEndsTheAnswerWithALineEndAndExitCode130() {
    Interrupt interrupt = new Interrupt();
    ByteArrayOutputStream out =
        new ByteArrayOutputStream() {
          @Override
          public void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            interrupt.raise();
          }
        };

    Cli.Result result =
        Cli.runInto(
            out,
            interrupt,
            "",
            arguments("--tokens", "5", "--max-tokens", "120", "--steps", "64", "--ignore-eos"));

    assertThat(result.code()).isEqualTo(130);
    assertThat(out.toString(StandardCharsets.UTF_8)).endsWith(System.lineSeparator());
    assertThat(out.toString(StandardCharsets.UTF_8).split(" ").length).isLessThan(60);
  }

  @Test
  void aSignalToTheProcessEndsTheStreamedLine() throws Exception {
    Process process =
        Cli.start(
            folder.resolve("err"),
            arguments("--tokens", "5", "--max-tokens", "120", "--steps", "128", "--ignore-eos"));
    StringBuilder out = new StringBuilder();
    out.append((char) process.getInputStream().read());
    process.toHandle().destroy(); // Process.destroy would close the stream we read
    out.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));

    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 15);
    assertThat(out.toString()).endsWith(System.lineSeparator());
    assertThat(out.toString().split(" ").length).isLessThan(120);
    assertThat(Files.readString(folder.resolve("err"))).doesNotContain("muninn:");
  }

  @Test
  void aReaderThatGoesAwayEndsTheCommandQuietly() {
    Cli.Result result =
        Cli.runInto(Cli.failing("Broken pipe"), new Interrupt(), "", arguments("--tokens", "5"));

    assertThat(result.code()).isEqualTo(141);
    assertThat(result.err()).isEmpty();
  }

  @Test
  void aFullDiskBehindStandardOutputIsAFailure() {
    Cli.Result result =
        Cli.runInto(
            Cli.failing("No space left on device"),
            new Interrupt(),
            "",
            arguments("--tokens", "5"));

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err().strip())
        .isEqualTo("muninn: cannot write to standard output: No space left on device");
  }

  private static Cli.Result ouro(String steps) {
    return Cli.run(
        "generate",
        "--device",
        "cpu",
        "--model",
        Cli.golden("ouro-nano"),
        "--tokens",
        "5",
        "--max-tokens",
        "2",
        "--steps",
        steps);
  }

  private static Cli.Result generate(String... options) {
    return Cli.run(arguments(options));
  }

  private static String[] arguments(String... options) {
    List<String> all =
        new ArrayList<>(
            List.of("generate", "--device", "cpu", "--model", Cli.nano(), "--init-scale", "0"));
    all.addAll(List.of(options));
    return all.toArray(String[]::new);
  }
}
