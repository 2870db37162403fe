package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import muninn.engine.answer.FinishReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens on a connection beside requests and answers that are as they should be. */
class ConnectionsTest {
  private static final String BODY = "{\"prompt\":\"hello\"}";
  private static final String POST =
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  private static final String LAST = "Connection: close\r\n";

  private final Silent model = new Silent();
  private Served served;

  @BeforeEach
  void open() {
    served = Served.by(model, Served.OPTIONS);
  }

  @AfterEach
  void close() throws Exception {
    assertThat(served.failures).isEmpty();
    served.close();
  }

  private Socket connection() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.server.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String withLength(String head, String body) {
    return head + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }

  /** All that comes back until the server ends the connection, which the client leaves open. */
  private String all(byte[] sent) throws IOException {
    try (Socket socket = connection()) {
      socket.getOutputStream().write(sent);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String all(String sent) throws IOException {
    return all(bytes(sent));
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "Close", "keep-alive, close"})
  void whoAsksForNoMoreOnAConnectionFindsItEndedWithTheAnswer(String value) throws IOException {
    assertThat(all("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: " + value + "\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK")
        .endsWith("}");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anAnswerReachesWhoAsksForNoMoreWholeOrStreamed(boolean streamed) throws Exception {
    String body = streamed ? BODY.replace("}", ",\"stream\":true}") : BODY;
    try (Socket socket = connection()) {
      socket.getOutputStream().write(bytes(withLength(POST + LAST, body)));
      model.asked.take().end(FinishReason.STOP);
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 200 OK")
          .contains("\"stop\"")
          .endsWith(streamed ? "data: [DONE]\n\n\r\n0\r\n\r\n" : "}");
    }
  }

  @Test
  void whatCanBeGotCanBeAskedForWithoutItsBody() throws IOException {
    String both =
        all(
            "HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                + "HEAD /v1/completions HTTP/1.1\r\nHost: localhost\r\n\r\n"
                + "GET /version HTTP/1.1\r\nHost: localhost\r\n"
                + LAST
                + "\r\n");
    String[] answers = both.split("(?=HTTP/1.1 )");
    assertThat(answers).hasSize(3);
    assertThat(answers[0]).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\n");
    assertThat(answers[0])
        .contains("Content-Length: " + served.http.get("/health").response().body().length());
    assertThat(answers[1]).startsWith("HTTP/1.1 405").contains("Allow: POST").endsWith("\r\n\r\n");
    assertThat(answers[2]).startsWith("HTTP/1.1 200 OK").contains("1.2.3");
  }

  static Stream<Arguments> other() {
    return Stream.of(
        Arguments.of("GET /health HTTP/1.0\r\n\r\n", "505", "HTTP/1.1"),
        Arguments.of("GET /health\r\n", "505", "HTTP/1.1"),
        Arguments.of("GET /health HTTP/2.0\r\n\r\n", "505", "HTTP/1.1"),
        Arguments.of("\u0016\u0003\u0001\u0002\u0000\u0001", "400", "HTTP, not HTTPS"),
        Arguments.of("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\n\r\n", "414", ""));
  }

  @ParameterizedTest
  @MethodSource("other")
  void whoSpeaksAnotherProtocolIsToldAtOnce(String sent, String status, String said)
      throws IOException {
    assertThat(all(sent)).startsWith("HTTP/1.1 " + status).contains(said).contains("\"error\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Expect: 100-continue\r\n"})
  void aBodyThatIsStatedToBeFarTooLargeIsRefusedBeforeItIsSent(String expect) throws IOException {
    assertThat(all(POST + expect + "Content-Length: 99999999999999\r\n\r\n"))
        .startsWith("HTTP/1.1 413")
        .contains("the body is larger than the 1048576 bytes");
  }

  @Test
  void whoAsksFirstIsAskedForABodyOfTheRightSizeAlone() throws IOException {
    String asking = POST + LAST + "Expect: 100-continue\r\nContent-Length: ";
    assertThat(all(asking + "2000000\r\n\r\n")).startsWith("HTTP/1.1 413");
    assertThat(all(asking + "2\r\n\r\n{}")).startsWith("HTTP/1.1 100 Continue");
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz\r\n", "2;name=value\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n"})
  void chunksThatCannotBeReadAreTheClientsMistake(String chunks) throws IOException {
    assertThat(all(POST + "Transfer-Encoding: chunked\r\n\r\n" + chunks))
        .startsWith("HTTP/1.1 400")
        .contains("the body's chunks cannot be told apart");
  }

  @Test
  void aClientThatGoesAwayInTheMiddleOfItsBodyIsNoFailure() throws Exception {
    for (String head :
        List.of(
            POST + "Content-Length: 500\r\n\r\n{\"prompt\"",
            POST + "Transfer-Encoding: chunked\r\n\r\n20\r\n{\"prompt\"")) {
      try (Socket socket = connection()) {
        socket.getOutputStream().write(bytes(head));
        socket.shutdownOutput();
        assertThat(socket.getInputStream().readAllBytes()).isEmpty();
      }
    }
    while (served.log.size() < 2) {
      Thread.onSpinWait();
    }
    assertThat(served.log).allMatch(line -> line.contains("\"broke_off\":true"));
  }

  @Test
  void whoHangsUpIsNotToldThatTheServerEnds() throws Exception {
    try (Socket socket = connection()) {
      socket.getOutputStream().write(bytes(withLength(POST, BODY)));
      Silent.Answer answer = model.asked.take();
      socket.shutdownOutput();
      assertThat(answer.completion.join().finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    }
  }

  @Test
  void aBodyThatIsPackedIsRefusedForThat() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(bytes(BODY));
    }
    String head = POST + "Content-Encoding: gzip\r\nContent-Length: " + packed.size() + "\r\n\r\n";
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(bytes(head));
    request.writeBytes(packed.toByteArray());
    assertThat(all(request.toByteArray())).startsWith("HTTP/1.1 415").contains("Content-Encoding");
  }

  @Test
  void aByteOrderMarkBeforeABodyDoesNotMatter() throws IOException {
    String marked = "\u00ef\u00bb\u00bf{\"prompt\":7}";
    assertThat(all(withLength(POST + LAST, marked))).contains("prompt is 7, wanted a text");
  }

  @Test
  void theListOfModelsMayBeAskedForWithASlashAtItsEnd() {
    assertThat(served.http.get("/v1/models/").response().body())
        .isEqualTo(served.http.get("/v1/models").response().body());
  }
}
