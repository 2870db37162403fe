package muninn.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** What may go away by itself: a server with too much to do, a line that broke. */
final class Trouble extends IOException {
  private static final long serialVersionUID = 1L;

  private static final Pattern RESET = Pattern.compile(";\\s*t=([0-9]{1,6})");

  private final String remedy;
  private final transient Optional<Duration> wait;
  private final boolean fromStart;

  private Trouble(
      String what, String remedy, Optional<Duration> wait, boolean fromStart, IOException cause) {
    super(what, cause);
    this.remedy = remedy;
    this.wait = wait;
    this.fromStart = fromStart;
  }

  /** What the user can do when it does not go away. */
  String remedy() {
    return remedy;
  }

  /** How long the server asks to wait; empty where it does not say. */
  Optional<Duration> asked() {
    return wait;
  }

  /** Whether it hardly goes away where nothing has worked before it. */
  boolean fromStart() {
    return fromStart;
  }

  /** Whether an answer with this status is worth another try. */
  static boolean isPassing(int status) {
    return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
  }

  /** A server that has no time. */
  static Trouble busy(HttpResponse<?> response) {
    String host = response.uri().getAuthority();
    int status = response.statusCode();
    return status == 429
        ? new Trouble(
            host + " has had too many requests from here (429)",
            "wait a few minutes and give the same command again; with a token (HF_TOKEN) more are"
                + " allowed",
            wait(response),
            false,
            null)
        : new Trouble(
            host + " is in trouble (" + status + ")",
            "give the same command again later, or set HF_ENDPOINT to a mirror",
            wait(response),
            false,
            null);
  }

  /** {@code Retry-After} in seconds or as a date, or what is left of the hub's window. */
  private static Optional<Duration> wait(HttpResponse<?> response) {
    Optional<String> after = response.headers().firstValue("Retry-After").map(String::strip);
    if (after.isEmpty()) {
      return response
          .headers()
          .firstValue("RateLimit")
          .map(RESET::matcher)
          .filter(Matcher::find)
          .map(found -> Duration.ofSeconds(Long.parseLong(found.group(1)) + 1));
    }
    try {
      return Optional.of(
          after.get().matches("[0-9]{1,9}")
              ? Duration.ofSeconds(Long.parseLong(after.get()))
              : Duration.between(
                  ZonedDateTime.now(),
                  ZonedDateTime.parse(after.get(), DateTimeFormatter.RFC_1123_DATE_TIME)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** A server that could not be asked. */
  static Trouble unreachable(URI uri, IOException e) {
    String host = uri.getAuthority();
    String network =
        "check the network and the proxy (HTTPS_PROXY), or set HF_ENDPOINT to a mirror";
    return switch (e) {
      case HttpTimeoutException late ->
          new Trouble(host + " does not answer", network, Optional.empty(), true, e);
      case ConnectException refused ->
          new Trouble(
              host + " cannot be reached (" + reason(refused) + ")",
              network,
              Optional.empty(),
              true,
              e);
      case SSLException tls ->
          new Trouble(
              host + " could not be reached safely (" + tls.getMessage() + ")",
              "check the machine's clock, and whether a proxy puts its own certificate in between",
              Optional.empty(),
              true,
              e);
      default -> broken(host, e);
    };
  }

  private static String reason(ConnectException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException) {
        return "no such host";
      }
    }
    return e.getMessage() == null ? "no connection" : e.getMessage();
  }

  /** A line that broke. */
  static Trouble broken(String host, IOException e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return cutShort("the connection to " + host + " broke (" + why + ")", e);
  }

  /** A body that is not all there. */
  static Trouble cutShort(String what, IOException cause) {
    return new Trouble(
        what,
        "what came is kept: give the same command again to go on from there",
        Optional.empty(),
        false,
        cause);
  }
}
