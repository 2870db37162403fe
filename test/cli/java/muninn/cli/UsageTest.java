package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generate --tokens 1 --top-p 2          | --top-p 2.0: must be above 0 and at most 1",
        "generate --tokens 1 --top-p NaN        | --top-p NaN: must be above 0 and at most 1",
        "generate --tokens 1 --temperature -1   | --temperature -1.0: must be at least 0",
        "generate --tokens 1 --temperature 1e99 | --temperature Infinity: must be at least 0",
        "generate --tokens 1 --min-p 1.5        | --min-p 1.5: must be from 0",
        "generate --tokens 1 --top-k -1         | --top-k -1: must be at least 0",
        "generate --tokens 1 --steps 0          | --steps 0: must be at least 1",
        "generate --tokens 1 --max-tokens 0     | --max-tokens 0: must be at least 1",
        "generate --tokens 1 --logprobs -1      | --logprobs -1: must be at least 0",
        "generate --tokens 1 --logprobs 2       | --logprobs alone: must be with --json",
        "chat --logprobs 2                      | --logprobs in chat: must be left out",
        "generate --tokens 1 --init-scale -1    | --init-scale -1.0: must be at least 0",
        "generate --tokens 1 --repetition-penalty 0 | --repetition-penalty 0.0: must be above 0",
        "generate --tokens 1 --threads -1       | --threads -1: must be from 0",
        "generate --tokens 1 --max-lanes 0      | --max-lanes 0: must be at least 1",
        "generate --tokens 1 --device gpu       | --device gpu: must be auto, cpu, cuda, cuda:1",
        "generate --tokens 1 --kv-memory 2XiB   | Invalid value for option '--kv-memory': '2XiB'",
        "generate --tokens 1,x                  | Invalid value for option '--tokens' (ID): 'x'",
        "generate --tokens 1 --prompt a         | --prompt=TEXT, --tokens=ID are mutually"
            + " exclusive",
        "generate --tokens 1 --chat             | --chat and --system need text",
        "generate --tokens 1 --exit soon        | --exit is 'soon', wanted latent-diff, cosine, kl,"
            + " minp-kl, entropy-diff, argmax-stability, or none",
        "generate --tokens 1 --exit-threshold 1 | --exit-threshold alone: must be with --exit",
        "generate --tokens 1 --min-steps 2      | --min-steps alone: must be with --exit",
        "generate --tokens 1 --exit-every 2     | --exit-every alone: must be with --exit",
        "generate --tokens 1 --exit-prompt      | --exit-prompt alone: must be with --exit",
        "generate --tokens 1 --exit kl --exit-every 0 | --exit-every 0: must be at least 1",
        "generate --tokens 1 --exit kl --exit-threshold 0 | --exit-threshold 0.0: must be above 0",
        "generate --tokens 1 --speculate waves  | --speculate: 'waves': no speculation, wanted"
            + " none, rounds:draft=4,k=4",
        "generate --tokens 1 --kv half          | --kv: 'half' is no KV sharing, wanted full,"
            + " mod:B",
        "generate --temprature 1                | Unknown options: '--temprature', '1'",
        "eval --steps 1,0                       | --steps 0: must be at least 1",
        "logits                                 | Missing required option: '--tokens=ID'",
        "batch in.jsonl                         | Missing required parameter: 'OUTPUT'",
        "bench --model random:64x4x96 --lanes 0      | --lanes 0: must be from 1",
        "bench --model random:64x4x96 --lanes 1,x    | Invalid value for option '--lanes' (N): 'x'",
        "bench --model random:64x4x96 --steps 0      | --steps 0: must be from 1",
        "bench --model random:64x4x96 --batch -2     | --batch -2: must be from 1",
        "bench --model random:64x4x96 --rounds 0     | --rounds 0: must be at least 1",
        "bench --model random:64x4x96 --context 4097 | --context 4097: must be from 1 to 4096, the"
            + " model's block_size",
        "bench --model random:64x4x96 --prefill 9999 | --prefill 9999: must be from 1 to 4096",
        "bench --model random:64x4x96 --max-tokens 1 | --max-tokens 1: must be from 2 to 4088",
        "bench --model random:64x4x96 --sections all | --sections 'all': must be operations,"
            + " ticks,",
        "bench --model random:64x4x96 --read-memory x | Invalid value for option '--read-memory':"
            + " 'x'",
        "profile --model random:64x4x96 --clients 0  | --clients 0: must be at least 1",
        "profile --model random:64x4x96 --rate 0     | --rate 0.0: must be above 0",
        "profile --model random:64x4x96 --rate 2 --clients 2 | --rate 2.0: must be alone, without"
            + " --clients",
        "profile --model random:64x4x96 --rate 2 --arrivals soon | --arrivals soon: must be poisson"
            + " or constant",
        "profile --model random:64x4x96 --arrivals constant | --arrivals constant: must be with"
            + " --rate",
        "profile --model random:64x4x96 --requests 0 | --requests 0: must be at least 1",
        "profile --model random:64x4x96 --rounds 0   | --rounds 0: must be from 1 to 1000",
        "profile --model random:64x4x96 --steps 0    | --steps 0: must be at least 1",
        "profile --model random:64x4x96 --temperature -1 | --temperature -1.0: must be at least 0",
        "profile --model random:64x4x96 --prompt-tokens 4096 | --prompt-tokens 4096: must be from 1"
            + " to 4095, less than the model's block_size",
        "profile --model random:64x4x96 --prompt-tokens 9 --prompt a | --prompt-tokens 9: must be"
            + " left out where --prompt says them",
        "profile --model random:64x4x96 --max-tokens 5000 | --max-tokens 5000: must be from 1 to"
            + " 4064, what block_size leaves",
        "profile --model random:64x4x96 --timeline-events 0 | --timeline-events 0: must be at least"
            + " 1",
        "profile --model random:64x4x96 --speculate soon | --speculate: 'soon': no speculation",
        "profile --figures                      | --figures needs --report FILE.html",
        "completion fish                        | Invalid value for positional parameter",
        "nonsense                               | Unmatched argument at index 0: 'nonsense'",
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
  @ValueSource(
      strings = {"generate", "chat", "batch", "bench", "eval", "logits", "devices", "completion"})
  void everyCommandExplainsItselfWithExamples(String command) {
    Cli.Result result = Cli.run(command, "--help");

    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("Usage: muninn " + command).contains("  muninn " + command);
    assertThat(result.out().lines()).allMatch(line -> line.length() <= 100);
    assertThat(Cli.run("--help").out()).contains("  " + command);
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
    assertThat(new MemorySize().convert(text.toLowerCase(Locale.ROOT))).isEqualTo(bytes);
    assertThat(new MemorySize().convert(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh"})
  void theCompletionScriptKnowsCommandsAndOptions(String shell) {
    String script = Cli.run("completion", shell).out();

    assertThat(script).contains("generate").contains("--repetition-penalty").contains("muninn");
  }

  @Test
  void devicesNamesTheCpuAndEveryGpuOrWhyThereIsNone() {
    assertThat(Cli.run("devices").out()).contains("cpu").contains("bit vectors").contains("cuda");
    assertThat(Cli.run("devices", "--json").out())
        .contains("\"devices\":[{\"id\":\"cpu\"")
        .contains("{\"id\":\"cuda\"");
  }
}
