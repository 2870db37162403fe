package muninn.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;

/**
 * What is spoken to the server and is neither HTTP/1.1 nor HTTP/2: a client that took it for an
 * HTTPS server, one of HTTP/1.0 (a proxy as it comes, or an old tool), an address that is too long.
 * Each hears at once what is wanted, and is left; by itself it would wait for ever, or hear
 * nothing.
 */
final class OtherProtocols implements ServerConnectionSelector {
  /** What the first line of a request may take, address and all. */
  static final int MOST_LINE = 8192;

  private static final int TLS_HANDSHAKE = 0x16;

  /** What is wrong. */
  private enum Wrong {
    TLS("400 Bad Request", "this server speaks HTTP, not HTTPS: ask it at http://"),
    LONG(
        "414 URI Too Long",
        "the request's first line is longer than "
            + MOST_LINE
            + " bytes: ask at a shorter address"),
    VERSION(
        "505 HTTP Version Not Supported",
        "the request is not of HTTP/1.1 or HTTP/2: ask with one of them (in nginx,"
            + " proxy_http_version 1.1)");

    private final String status;
    private final String sentence;

    Wrong(String status, String sentence) {
      this.status = status;
      this.sentence = sentence;
    }

    private byte[] answer() {
      byte[] body = Server.sentence(sentence);
      String head =
          "HTTP/1.1 "
              + status
              + "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
              + body.length
              + "\r\n\r\n";
      return (head + new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
    }
  }

  @Override
  public int bytesToIdentifyConnection() {
    return 0; // any number
  }

  @Override
  public Support supports(BufferData data) {
    return wrong(data) == null ? Support.UNKNOWN : Support.SUPPORTED;
  }

  /** What is wrong with a beginning; null where nothing is, so far. */
  private static Wrong wrong(BufferData data) {
    if (data.available() > 0 && data.get(0) == TLS_HANDSHAKE) {
      return Wrong.TLS;
    }
    int end = data.indexOf((byte) '\n');
    if (end < 0) {
      return data.available() > MOST_LINE ? Wrong.LONG : null;
    }
    byte[] bytes = new byte[end];
    for (int i = 0; i < end; i++) {
      bytes[i] = (byte) data.get(i);
    }
    String line = new String(bytes, StandardCharsets.ISO_8859_1);
    if (end > MOST_LINE) {
      return Wrong.LONG;
    }
    return line.endsWith(" HTTP/1.1\r") || line.equals("PRI * HTTP/2.0\r") ? null : Wrong.VERSION;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return Set.of();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    BufferData begun = context.dataReader().getBuffer(context.dataReader().available());
    return new Left(context, wrong(begun));
  }

  /** A connection that is told, and ends. */
  private record Left(ConnectionContext context, Wrong wrong) implements ServerConnection {
    @Override
    public void handle(Limit limit) {
      context.dataReader().skip(context.dataReader().available());
      context.dataWriter().writeNow(BufferData.create(wrong.answer()));
    }

    @Override
    public Duration idleTime() {
      return Duration.ZERO;
    }

    @Override
    public void close(boolean interrupt) {
      // It ends by itself.
    }
  }
}
