package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchServeCommandTest {

  @Test
  void itIsACommandOfTwoWords() {
    assertThat(Cli.run("bench", "serve", "--help").out())
        .contains("Usage: muninn bench serve [OPTION]…")
        .contains("--num-prompts, --requests N")
        .contains("--goodput");
    assertThat(Cli.run("help", "bench", "serve").out()).contains("--burstiness");
    assertThat(Cli.run("bench", "--help").out()).contains("Usage: muninn bench [OPTION]…");
    assertThat(Cli.run("--help").out()).contains("  bench serve ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bench serve --url ftp://x            | --url ftp://x: must be the address of a server",
        "bench serve --rate 0                 | --rate 0: must be a number above 0",
        "bench serve --concurrency 0          | --concurrency 0: must be a whole number, at least"
            + " 1",
        "bench serve --burstiness 2           | --burstiness needs --rate R",
        "bench serve --goodput itl:3          | --goodput itl:3: must be one or more of these",
        "bench serve --goodput ttft:x         | --goodput ttft:x: must be one or more of these",
        "bench serve --metric-percentiles 101 | must be one or more of these, separated by commas",
        "bench serve --extra-body [1]         | --extra-body:",
        "bench serve --temprature 1           | 'muninn bench serve' has no option --temprature",
        "bench surf                           | 'surf' is one word too many",
      })
  void whatMakesNoSenseIsBadUsage(String line, String said) {
    Cli.Result result = Cli.run(line.split(" ", -1));

    assertThat(result.code()).as(result.err()).isEqualTo(2);
    assertThat(result.err()).contains(said);
  }

  @Test
  void aServerThatIsNotThereIsSaidInOneSentence() {
    Cli.Result result = Cli.run("bench", "serve", "--url", "http://127.0.0.1:1/v1");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("127.0.0.1:1 does not answer").hasLineCount(1);
  }
}
