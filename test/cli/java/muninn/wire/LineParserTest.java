package muninn.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import muninn.batch.FakeResponder;
import muninn.engine.request.Continuous;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.model.KvSharing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineParserTest {
  private static final Options DEFAULTS =
      Options.DEFAULT
          .withSteps(8)
          .withMaxTokens(32)
          .withSampling(
              Sampling.GREEDY
                  .withTemperature(0.5f)
                  .withTopK(4)
                  .withTopP(0.9f)
                  .withMinP(0.1f)
                  .withRepetitionPenalty(1.1f)
                  .withSeed(7))
          .withStop(List.of("x"));

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
        .isEqualTo(new Request(new int[] {'a', 'b'}, DEFAULTS));
  }

  @Test
  void aLineMayStateEveryOptionForItself() {
    Request request =
        parse(
                """
                {"custom_id":"q","tokens":[5,7,9],"steps":3,"max_tokens":4,"temperature":0.25,
                 "top_k":2,"top_p":0.5,"min_p":0.2,"repetition_penalty":1.5,"seed":-9007199254740993,
                 "init_scale":0,"stop":["a","b"],"ignore_eos":true,"logprobs":2,"logit_bias":{"7":-100,"0":1.5}}
                """)
            .request();

    Sampling sampling =
        Sampling.GREEDY
            .withTemperature(0.25f)
            .withTopK(2)
            .withTopP(0.5f)
            .withMinP(0.2f)
            .withRepetitionPenalty(1.5f)
            .withLogitBias(Map.of(7, -100f, 0, 1.5f))
            .withSeed(-9007199254740993L);
    assertThat(request)
        .usingRecursiveComparison()
        .isEqualTo(
            new Request(
                new int[] {5, 7, 9},
                Options.DEFAULT
                    .withSteps(3)
                    .withMaxTokens(4)
                    .withSampling(sampling)
                    .withInitScale(0f)
                    .withStop(List.of("a", "b"))
                    .withIgnoreEos(true)
                    .withLogProbs(2)));
  }

  @Test
  void aLineMaySayHowItsStepsAreSpent() {
    Request request =
        parse(
                """
                {"tokens":[5],"exit":"kl","exit_threshold":0.01,"min_steps":2,"exit_every":3,
                 "exit_prompt":true,"kv":"mod:4","continuous_from":"state","continuous":true,
                 "speculate":"wavefront:draft=2"}
                """)
            .request();

    assertThat(request.options().thinking())
        .isEqualTo(
            new Thinking(
                new Exit(new KnownExit(KnownExit.Kind.KL, 0.01f), 2, 3, true),
                KvSharing.parse("mod:4"),
                Continuous.STATE,
                Speculation.wavefront(2)));
  }

  @Test
  void aLineThatStatesARuleLeavesTheCommandsThresholdAndRhythmBehind() {
    Exit exit = new Exit(new KnownExit(KnownExit.Kind.KL, 0.01f), 2, 3, true);
    Options options =
        Options.DEFAULT.withSteps(8).withMaxTokens(32).withThinking(Thinking.PLAIN.withExit(exit));
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
        .parse(AskedLine.of(new Line(1, line, false, Lines.MAX_BYTES)))
        .request()
        .options()
        .thinking()
        .exit();
  }

  @Test
  void nullCountsAsNotStatedAndStopMayBeOneString() {
    Request request =
        parse("{\"custom_id\":null,\"prompt\":\"a\",\"tokens\":null,\"steps\":null,\"stop\":\"z\"}")
            .request();

    assertThat(request.options().steps()).isEqualTo(8);
    assertThat(request.options().stop()).containsExactly("z");
  }

  @Test
  void wholeNumbersMayBeWrittenAsDataFramesWriteThem() {
    Request request =
        parse("{\"tokens\":[5.0,7e0],\"steps\":3.0,\"seed\":-4.0,\"top_k\":2e0}").request();

    assertThat(request.prompt()).containsExactly(5, 7);
    assertThat(request.options().steps()).isEqualTo(3);
    assertThat(request.options().sampling().seed()).isEqualTo(-4);
    assertThat(request.options().sampling().topK()).isEqualTo(2);
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
        "{\"prompt\":\"a\",\"exit\":\"soon\"} | exit: 'soon' is no exit rule, wanted latent-diff",
        "{\"prompt\":\"a\",\"continuous_from\":\"state\"} | continuous_from is stated but not",
        "{\"prompt\":\"a\",\"exit_threshold\":1} | exit_threshold is stated but no exit rule",
        "{\"prompt\":\"a\",\"kv\":\"half\"} | kv: 'half' is no KV sharing",
        "{\"prompt\":\"a\",\"kv\":4}         | kv is 4, wanted full, mod:B",
        "{\"prompt\":\"a\"} x                 | not valid JSON at column",
        "{\"prompt\":\"a\",\"prompt\":\"b\"}  | not valid JSON at column",
        "{\"steps\":3}                        | no prompt: state one of prompt, messages, tokens",
        "{\"prompt\":\"a\",\"tokens\":[1]}    | both prompt and tokens are given",
        "{\"prompt\":5}                       | prompt is 5, wanted a text",
        "{\"prompt\":\"\\ud800\"}             | prompt holds half a character",
        "{\"prompt\":\"a\",\"stop\":[\"\\ud800\"]} | stop[0] holds half a character",
        "{\"tokens\":5}                       | tokens is 5, wanted a list of token ids",
        "{\"tokens\":[]}                      | tokens is an empty list, wanted a list of token"
            + " ids",
        "{\"tokens\":[1,2.5]}                 | tokens[1] is 2.5, wanted a whole number below 2^31",
        "{\"tokens\":[4294967296]}            | tokens[0] is 4294967296, wanted a whole number",
        "{\"messages\":[]}                    | messages is an empty list, wanted a list with",
        "{\"messages\":[{\"role\":\"user\"}]} | messages[0].content is missing",
        "{\"messages\":[{\"mood\":\"x\"}]}    | unknown field messages[0].mood",
        "{\"prompt\":\"a\",\"step\":3}        | unknown field step",
        "{\"prompt\":\"a\",\"steps\":\"3\"}   | steps is \"3\", wanted a whole number, at least 1",
        "{\"prompt\":\"a\",\"steps\":0}       | steps is 0, wanted a whole number, at least 1",
        "{\"prompt\":\"a\",\"steps\":3.5}     | steps is 3.5, wanted a whole number, at least 1",
        "{\"prompt\":\"a\",\"steps\":1e30}    | steps is 1.0E30, wanted a whole number, at least 1",
        "{\"prompt\":\"a\",\"seed\":9223372036854775808} | seed is 9223372036854775808, wanted",
        "{\"prompt\":\"a\",\"top_p\":1e99}    | top_p is 1.0E99, wanted a number above 0",
        "{\"prompt\":\"a\",\"top_p\":true}    | top_p is true, wanted a number above 0",
        "{\"prompt\":\"a\",\"ignore_eos\":1}  | ignore_eos is 1, wanted true or false",
        "{\"prompt\":\"a\",\"stop\":7}        | stop is 7, wanted a text that is not empty",
        "{\"prompt\":\"a\",\"stop\":[7]}      | stop is a list, wanted a text that is not empty",
        "{\"prompt\":\"a\",\"stop\":\"\"}     | stop is \"\", wanted a text that is not empty",
      })
  void refusesByName(String line, String error) {
    LineParser.Parsed parsed = parse(line);

    assertThat(parsed.error()).startsWith(error);
    assertThat(parsed.request()).isNull();
  }

  @Test
  void refusesBytesThatAreNotUtf8AndLinesThatWereTooLong() {
    byte[] latin = "{\"prompt\":\"é\"}".getBytes(ISO_8859_1);

    assertThat(parser.parse(AskedLine.of(new Line(1, latin, false, Lines.MAX_BYTES))).error())
        .startsWith("not UTF-8 text");
    assertThat(parser.parse(AskedLine.of(new Line(1, new byte[0], true, Lines.MAX_BYTES))).error())
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
        .isEqualTo("custom_id is a list, wanted a text or a whole number");
  }

  private LineParser.Parsed parse(String line) {
    return parser.parse(AskedLine.of(new Line(1, line.getBytes(UTF_8), false, Lines.MAX_BYTES)));
  }
}
