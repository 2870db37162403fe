package muninn.batch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import muninn.engine.Exit;
import muninn.engine.KnownExit;
import muninn.engine.Request;
import muninn.engine.Sampling;
import muninn.engine.Speculation;
import muninn.engine.Thinking;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.model.KvSharing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineParserTest {
  private static final JobOptions DEFAULTS =
      new JobOptions(
          8, 32, new Sampling(0.5f, 4, 0.9f, 0.1f, 1.1f, 7), 1f, List.of("x"), false, -1);

  private final FakeResponder responder = new FakeResponder();
  private final LineParser parser = new LineParser(responder, DEFAULTS);

  @AfterEach
  void close() {
    responder.close();
  }

  @Test
  void aLineThatStatesOnlyItsPromptTakesEveryOptionOfTheCommand() {
    Request request = parse("{\"prompt\":\"ab\"}").request();

    assertThat(request.prompt()).containsExactly('a', 'b');
    assertThat(request)
        .usingRecursiveComparison()
        .isEqualTo(DEFAULTS.request(new int[] {'a', 'b'}));
  }

  @Test
  void aLineMayStateEveryOptionForItself() {
    Request request =
        parse(
                """
                {"custom_id":"q","tokens":[5,7,9],"steps":3,"max_tokens":4,"temperature":0.25,
                 "top_k":2,"top_p":0.5,"min_p":0.2,"repetition_penalty":1.5,"seed":-9007199254740993,
                 "init_scale":0,"stop":["a","b"],"ignore_eos":true,"logprobs":2}
                """)
            .request();

    Sampling sampling = new Sampling(0.25f, 2, 0.5f, 0.2f, 1.5f, -9007199254740993L);
    assertThat(request)
        .usingRecursiveComparison()
        .isEqualTo(
            new Request(new int[] {5, 7, 9}, 3, 4, sampling, 0f, List.of("a", "b"), true, 2));
  }

  @Test
  void aLineMaySayHowItsStepsAreSpent() {
    Request request =
        parse(
                """
                {"tokens":[5],"exit":"kl","exit_threshold":0.01,"min_steps":2,"exit_every":3,
                 "exit_prompt":true,"kv":"mod:4","continuous":true,"speculate":"wavefront:draft=2"}
                """)
            .request();

    assertThat(request.thinking())
        .isEqualTo(
            new Thinking(
                new Exit(new KnownExit(KnownExit.Kind.KL, 0.01f), 2, 3, true),
                KvSharing.parse("mod:4"),
                true,
                Speculation.wavefront(2)));
  }

  @Test
  void aLineThatStatesARuleLeavesTheCommandsThresholdAndRhythmBehind() {
    Exit exit = new Exit(new KnownExit(KnownExit.Kind.KL, 0.01f), 2, 3, true);
    JobOptions options =
        new JobOptions(
            8, 32, Sampling.GREEDY, 1f, List.of(), false, -1, Thinking.PLAIN.withExit(exit));
    LineParser exiting = new LineParser(responder, options);

    assertThat(exit(exiting, "")).isEqualTo(exit);
    assertThat(exit(exiting, ",\"min_steps\":4"))
        .isEqualTo(new Exit(new KnownExit(KnownExit.Kind.KL, 0.01f), 4, 3, true));
    assertThat(exit(exiting, ",\"exit\":\"cosine\""))
        .isEqualTo(Exit.when(KnownExit.Kind.COSINE.rule()));
    assertThat(exit(exiting, ",\"exit\":\"none\"")).isEqualTo(Exit.NEVER);
  }

  private static Exit exit(LineParser parser, String fields) {
    byte[] line = ("{\"tokens\":[5]" + fields + "}").getBytes(UTF_8);
    return parser
        .parse(parser.read(new Line(1, line, false, Lines.MAX_BYTES)))
        .request()
        .thinking()
        .exit();
  }

  @Test
  void nullCountsAsNotStatedAndStopMayBeOneString() {
    Request request =
        parse("{\"custom_id\":null,\"prompt\":\"a\",\"tokens\":null,\"steps\":null,\"stop\":\"z\"}")
            .request();

    assertThat(request.steps()).isEqualTo(8);
    assertThat(request.stop()).containsExactly("z");
  }

  @Test
  void messagesAreRenderedAsAConversation() {
    Request request = parse("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}").request();

    assertThat(request.prompt()).isEqualTo("user:hi".chars().toArray());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[1]                                  | a line must be a JSON object, found a list",
        "{\"prompt\":\"a\"                    | not valid JSON at column",
        "{\"prompt\":\"a\",\"exit\":\"soon\"} | exit is 'soon', wanted latent-diff",
        "{\"prompt\":\"a\",\"exit_threshold\":1} | exit_threshold is stated but no exit rule",
        "{\"prompt\":\"a\",\"kv\":\"half\"} | kv: 'half' is no KV sharing",
        "{\"prompt\":\"a\"} x                 | not valid JSON at column",
        "{\"prompt\":\"a\",\"prompt\":\"b\"}  | not valid JSON at column",
        "{\"steps\":3}                        | no prompt: state one of prompt, messages, tokens",
        "{\"prompt\":\"a\",\"tokens\":[1]}    | both prompt and tokens are given",
        "{\"prompt\":5}                       | prompt must be a string, found 5",
        "{\"prompt\":\"\\ud800\"}             | prompt holds half a character",
        "{\"tokens\":5}                       | tokens must be an array of ids, found 5",
        "{\"tokens\":[1,2.5]}                 | tokens[1] must be a whole number below 2^31, found"
            + " 2.5",
        "{\"tokens\":[4294967296]}            | tokens[0] must be a whole number below 2^31",
        "{\"messages\":[]}                    | messages must be an array with at least one"
            + " message",
        "{\"messages\":[{\"role\":\"user\"}]} | messages[0].content is missing",
        "{\"messages\":[{\"name\":\"x\"}]}    | unknown field messages[0].name",
        "{\"prompt\":\"a\",\"step\":3}        | unknown field step",
        "{\"prompt\":\"a\",\"steps\":\"3\"}   | steps must be a whole number below 2^31, found"
            + " \"3\"",
        "{\"prompt\":\"a\",\"steps\":3.0}     | steps must be a whole number below 2^31, found 3.0",
        "{\"prompt\":\"a\",\"seed\":1e3}      | seed must be a whole number below 2^63, found"
            + " 1000.0",
        "{\"prompt\":\"a\",\"top_p\":1e99}    | top_p must be a number, found 1.0E99",
        "{\"prompt\":\"a\",\"ignore_eos\":1}  | ignore_eos must be true or false, found 1",
        "{\"prompt\":\"a\",\"stop\":7}        | stop must be a string or a list of strings, found"
            + " 7",
        "{\"prompt\":\"a\",\"stop\":[7]}      | stop[0] must be a string, found 7",
      })
  void refusesByName(String line, String error) {
    LineParser.Parsed parsed = parse(line);

    assertThat(parsed.error()).startsWith(error);
    assertThat(parsed.request()).isNull();
  }

  @Test
  void refusesBytesThatAreNotUtf8AndLinesThatWereTooLong() {
    byte[] latin = "{\"prompt\":\"é\"}".getBytes(ISO_8859_1);

    assertThat(parser.parse(parser.read(new Line(1, latin, false, Lines.MAX_BYTES))).error())
        .startsWith("not UTF-8 text");
    assertThat(parser.parse(parser.read(new Line(1, new byte[0], true, Lines.MAX_BYTES))).error())
        .isEqualTo("longer than 16 MiB: split it, or shorten it");
  }

  @Test
  void refusesNestingThatWouldExhaustTheStack() {
    assertThat(parse("[".repeat(1_000_000)).error()).startsWith("not valid JSON");
    assertThat(parse("{\"prompt\":\"a\"").error()).endsWith("expected close marker for Object");
  }

  @Test
  void aLineThatTheTokenizerFailsOnIsAnsweredLikeAnyOtherMistake() {
    assertThat(parse("{\"prompt\":\"stumble\"}").error())
        .startsWith("cannot be turned into tokens")
        .contains("a library stumbled");
  }

  @Test
  void anErrorStillNamesTheCustomId() {
    assertThat(parse("{\"custom_id\":\"q\",\"step\":3}").customId().asText()).isEqualTo("q");
    assertThat(parse("{\"custom_id\":17,\"step\":3}").customId().asInt()).isEqualTo(17);
    assertThat(parse("{\"custom_id\":[1],\"prompt\":\"a\"}").error())
        .isEqualTo("custom_id must be a string or a whole number, found a list");
  }

  private LineParser.Parsed parse(String line) {
    return parser.parse(parser.read(new Line(1, line.getBytes(UTF_8), false, Lines.MAX_BYTES)));
  }
}
