package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "generate --tokens 1 --top-p 2          | --top-p 2: must be a number above 0 and at most"
            + " 1",
        "generate --tokens 1 --top-p NaN        | --top-p NaN: must be a number above 0 and at most"
            + " 1",
        "generate --tokens 1 -t -1              | -t -1: must be a number at least 0",
        "generate --tokens 1 --temperature 1e99 | --temperature 1e99: must be a number at least 0",
        "generate --tokens 1 --min-p 1.5        | --min-p 1.5: must be a number from 0",
        "generate --tokens 1 --top-k -2         | --top-k -2: must be a whole number, at least 0",
        "generate --tokens 1 -s 0               | -s 0: must be a whole number, at least 1",
        "generate --tokens 1 --max-tokens 0     | --max-tokens 0: must be a whole number, at least"
            + " 1",
        "generate --tokens 1 --logprobs -1      | --logprobs -1: must be a whole number, at least"
            + " 0",
        "generate --tokens 1 --logprobs 2       | --logprobs 2: must be with --json",
        "generate --tokens 1 --n 0              | --n 0: must be a whole number from 1 to 128",
        "chat --n 2                             | 'muninn chat' has no option --n",
        "chat --logprobs 2                      | 'muninn chat' has no option --logprobs",
        "generate --tokens 1 --init-scale -1    | --init-scale -1: must be a number at least 0",
        "generate --tokens 1 --repetition-penalty 0 | --repetition-penalty 0: must be a number"
            + " above",
        "generate --tokens 1 --logit-bias 5     | --logit-bias 5: must be token ids, each with a"
            + " number from -100 to 100, at most 1024 of them, such as 17:-100,5:2",
        "generate --tokens 1 --logit-bias 5:200 | --logit-bias 5:200: must be token ids",
        "generate --tokens 1 --logit-bias 5:1,x:2 | --logit-bias 5:1,x:2: must be token ids",
        "generate --tokens 1 --threads -1       | --threads -1: must be a whole number from 0",
        "generate --tokens 1 --max-lanes 0      | --max-lanes 0: must be a whole number, at least"
            + " 1",
        "generate --tokens 1 --device gpu       | --device gpu: must be auto, cpu, cuda, cuda:1",
        "generate --tokens 1 --kv-memory 2XiB   | --kv-memory 2XiB: must be an amount of memory",
        "generate --tokens 1,x                  | --tokens 1,x: must be one or more of these,",
        "generate --tokens 1 --prompt a         | --prompt and --tokens exclude each other",
        "generate --tokens 1 --chat             | --chat needs text",
        "generate --tokens 1 --exit soon        | --exit: 'soon' is no exit rule, wanted"
            + " latent-diff, cosine, contraction, kl, minp-kl, entropy-diff, argmax-stability,"
            + " gate, or none",
        "generate --tokens 1 --exit-threshold 1 | --exit-threshold is stated but no exit rule",
        "generate --tokens 1 --min-steps 2      | --min-steps is stated but no exit rule",
        "generate --tokens 1 --exit-every 2     | --exit-every is stated but no exit rule",
        "generate --tokens 1 --exit-prompt      | --exit-prompt is stated but no exit rule",
        "generate --tokens 1 --exit kl --exit-every 0 | --exit-every 0: must be a whole number, at"
            + " least 1",
        "generate --tokens 1 --exit kl --exit-threshold 0 | --exit-threshold 0: must be a number"
            + " above 0",
        "generate --tokens 1 --speculate waves  | --speculate: 'waves': no speculation, wanted"
            + " none, rounds:draft=4,k=4",
        "generate --tokens 1 --kv half          | --kv: 'half' is no KV sharing, wanted full,"
            + " mod:B",
        "generate --temprature 1                | 'muninn generate' has no option --temprature:"
            + " did you mean --temperature?",
        "eval --steps 1,0                       | --steps 1,0: must be one or more of these",
        "logits                                 | --tokens ID,… is missing",
        "batch in.jsonl                         | OUTPUT is missing",
        "bench --model random:64x4x96 --lanes 0      | --lanes 0: must be one or more",
        "bench --model random:64x4x96 --lanes 1,x    | --lanes 1,x: must be one or more",
        "bench --model random:64x4x96 --steps 0      | --steps 0: must be one or more",
        "bench --model random:64x4x96 --batch -2     | --batch -2: must be one or more",
        "bench --model random:64x4x96 --rounds 0     | --rounds 0: must be a whole number",
        "bench --model random:64x4x96 --context 4097 | --context 4097: must be from 1 to 4096, the"
            + " model's block_size",
        "bench --model random:64x4x96 --prefill 9999 | --prefill 9999: must be from 1 to 4096",
        "bench --model random:64x4x96 --max-tokens 1 | --max-tokens 1: must be from 2 to 4088",
        "bench --model random:64x4x96 --sections all | --sections all: must be one or more of"
            + " these, separated by commas: operations, ticks,",
        "bench --model random:64x4x96 --read-memory x | --read-memory x: must be an amount of"
            + " memory",
        "profile --model random:64x4x96 --clients 0  | --clients 0: must be a whole number, at"
            + " least 1",
        "profile --model random:64x4x96 --rate 0     | --rate 0: must be a number above 0",
        "profile --model random:64x4x96 --rate 2 --clients 2 | --rate and --clients exclude each"
            + " other",
        "profile --model random:64x4x96 --rate 2 --arrivals soon | --arrivals soon: must be poisson"
            + " or constant",
        "profile --model random:64x4x96 --arrivals constant | --arrivals needs --rate",
        "profile --model random:64x4x96 --requests 0 | --requests 0: must be a whole number",
        "profile --model random:64x4x96 --rounds 0   | --rounds 0: must be a whole number from 1",
        "profile --model random:64x4x96 --steps 0    | --steps 0: must be a whole number",
        "profile --model random:64x4x96 --temperature -1 | --temperature -1: must be a number at"
            + " least 0",
        "profile --model random:64x4x96 --prompt-tokens 4096 | --prompt-tokens 4096: must be from 1"
            + " to 4095, less than the model's block_size",
        "profile --model random:64x4x96 --prompt-tokens 9 --prompt a | --prompt-tokens 9: must be"
            + " left out where prompts are given",
        "profile --model random:64x4x96 --max-tokens 5000 | --max-tokens 5000: must be from 1 to"
            + " 4064, what block_size leaves",
        "profile --model random:64x4x96 --timeline-events 0 | --timeline-events 0: must be a whole",
        "profile --model random:64x4x96 --speculate soon | --speculate: 'soon': no speculation",
        "completion tcsh                        | SHELL tcsh: must be bash, zsh or fish",
        "nonsense                               | 'nonsense' is no command",
      })
  void wrongUsageIsNamedAndExitsWith2(String line, String message) {
    Cli.Result result = Cli.run(line.split(" "));

    assertThat(result.err()).startsWith("muninn: " + message).contains("--help'.");
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(2);
  }

  @Test
  void noCommandAtAllIsWrongUsage() {
    assertThat(Cli.run().code()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(Commands.class)
  void everyCommandExplainsItselfWithExamplesAndSaysNothingElse(Commands command) {
    for (String help : new String[] {"--help", "-h", "--help-all"}) {
      Cli.Result result = Cli.run(command.id(), help);

      assertThat(result.err()).isEmpty();
      assertThat(result.code()).isZero();
      assertThat(result.out())
          .contains("Usage: muninn " + command.id())
          .contains("muninn " + command.id());
      assertThat(result.out().lines()).allMatch(line -> line.length() <= 100);
    }
    assertThat(Cli.run("--help").out()).contains("  " + command.id());
    assertThat(Cli.run("help", command.id()).out())
        .isEqualTo(Cli.run(command.id(), "--help-all").out());
  }

  @ParameterizedTest
  @EnumSource(Commands.class)
  void everyCommandRefusesWhatItDoesNotKnowAndExitsWith2(Commands command) {
    for (String word : new String[] {"--no-such-option", "-%", "--help=yes"}) {
      Cli.Result result = Cli.run(command.id(), word);

      assertThat(result.code()).isEqualTo(2);
      assertThat(result.out()).isEmpty();
      assertThat(result.err()).contains("Try 'muninn " + command.id() + " --help'.");
    }
  }

  @ParameterizedTest
  @EnumSource(Commands.class)
  void noNameMeansTwoOptionsOfACommand(Commands command) {
    List<String> names =
        command.on(null).usage().groups().stream()
            .flatMap(group -> group.options().stream())
            .flatMap(option -> option.names().stream())
            .toList();

    assertThat(names).doesNotHaveDuplicates().doesNotContain("--help", "-h", "--stacktrace");
  }

  @Test
  void helpBeginsWithWhatMostPeopleWantToKnowAndSaysThatThereIsMore() {
    String common = Cli.run("generate", "--help").out();
    String all = Cli.run("generate", "--help-all").out();

    assertThat(common)
        .contains(
            "--temperature", "--max-tokens", "--steps", "--model", "muninn generate --help-all")
        .doesNotContain("--min-p", "--gpu-memory-utilization");
    assertThat(all).contains("--temperature", "--min-p", "--gpu-memory-utilization");
    assertThat(all.indexOf("--device")).isLessThan(all.indexOf("--threads"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--help", "generate --help", "help batch", "--version", "completion bash"})
  void helpThatCannotBePrintedIsAFailureOfOneLineOrNone(String line) {
    Cli.Result full =
        Cli.runInto(Cli.failing("No space left"), new Interrupt(), "", line.split(" "));
    Cli.Result gone = Cli.runInto(Cli.failing("Broken pipe"), new Interrupt(), "", line.split(" "));

    assertThat(full.err()).startsWith("muninn: cannot write to standard output").hasLineCount(1);
    assertThat(full.code()).isEqualTo(1);
    assertThat(gone.err()).isEmpty();
    assertThat(gone.code()).isEqualTo(141);
  }

  @Test
  void theVersionIsThatOfTheBuild() {
    assertThat(Cli.run("--version").out()).matches("(?s)muninn \\d+\\.\\d+\\.\\d+.*Java 25.*");
  }

  @Test
  void aMissingModelIsAFailureOfOneLine() {
    Cli.Result result = Cli.run("generate", "--model", "no/such/folder", "--tokens", "1");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).startsWith("muninn: ").contains("no/such/folder").hasLineCount(1);
  }

  @Test
  void stacktraceShowsWhereItFailed() {
    Cli.Result result =
        Cli.run("generate", "--model", "no/such/folder", "--tokens", "1", "--stacktrace");

    assertThat(result.err()).contains("\tat muninn.");
  }

  @ParameterizedTest
  @CsvSource({
    "2GiB,2147483648",
    "512m,536870912",
    "1.5GB,1500000000",
    "0.5 KiB,512",
    "77,77",
    "8T,8796093022208",
  })
  void memoryIsWrittenAsPeopleDo(String text, long bytes) {
    assertThat(MemorySize.parse(text.toLowerCase(Locale.ROOT))).contains(bytes);
    assertThat(MemorySize.parse(text)).contains(bytes);
  }

  @Test
  void devicesNamesTheCpuAndEveryGpuOrWhyThereIsNone() {
    assertThat(Cli.run("devices").out()).contains("cpu").contains("bit vectors").contains("cuda");
    assertThat(Cli.run("devices", "--json").out())
        .contains("\"devices\":[{\"id\":\"cpu\"")
        .contains("{\"id\":\"cuda\"");
  }
}
