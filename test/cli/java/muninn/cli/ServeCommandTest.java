package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server from its command line to its end. */
@Timeout(120)
class ServeCommandTest {
  private static final Pattern LISTENING = Pattern.compile("listening at (http://127[.0-9]+:\\d+)");
  private static final String SUMS = Path.of("../../weights/raven-sums").toString();

  @Test
  void itAnswersByTheCommandLinesOptionsUntilItIsEnded() throws Exception {
    Interrupt interrupt = new Interrupt();
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            Output.writer(new ByteArrayOutputStream()),
            new PrintWriter(err, true),
            interrupt,
            false);
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(
            () ->
                Main.run(
                    console,
                    "serve",
                    "--model",
                    SUMS,
                    "--device",
                    "cpu",
                    "--port",
                    "0",
                    "--steps",
                    "1",
                    "--served-model-name",
                    "adder"));
    Matcher listening = LISTENING.matcher(err.toString());
    while (!listening.find() && !code.isDone()) {
      Thread.sleep(10);
      listening = LISTENING.matcher(err.toString());
    }
    assertThat(code).as(err.toString()).isNotDone();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest ask =
          HttpRequest.newBuilder(URI.create(listening.group(1) + "/v1/completions"))
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"model\":\"adder\",\"prompt\":\"348+27+915=\"}"))
              .build();

      String answer = client.send(ask, HttpResponse.BodyHandlers.ofString()).body();

      assertThat(answer).contains("\"text\":\"1097\"", "\"model\":\"adder\"");
    }
    interrupt.pressed(); // the first Ctrl-C: nobody is inside, so it ends at once

    assertThat(code.join()).isEqualTo(Interrupt.EXIT_CODE);
    assertThat(err.toString()).contains("POST /v1/completions 200").doesNotContain("Exception");
  }

  @Test
  void aPortThatIsTakenAndHalfACertificateAreSaidSo() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, loopback())) {
      Cli.Result result =
          Cli.run("serve", "--model", SUMS, "--port", Integer.toString(taken.getLocalPort()));
      assertThat(result.code()).isEqualTo(1);
      assertThat(result.err()).startsWith("muninn: cannot listen at 127.0.0.1 port");
    }
    Cli.Result half = Cli.run("serve", "--model", SUMS, "--tls-cert", "a.pem");
    assertThat(half.code()).isEqualTo(2);
    assertThat(half.err()).startsWith("muninn: --tls-cert and --tls-key are given together");
    Cli.Result absent =
        Cli.run("serve", "--model", SUMS, "--port", "0", "--tls-cert", "a.pem", "--tls-key", "b");
    assertThat(absent.code()).isEqualTo(1);
    assertThat(absent.err()).startsWith("muninn: a.pem and b are no certificate chain");
  }

  private static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }
}
