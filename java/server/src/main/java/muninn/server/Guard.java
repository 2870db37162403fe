package muninn.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Who is let in: those who show a key, where there is one; and pages of other origins through a
 * browser only where that is allowed.
 */
final class Guard {
  private static final String BEARER = "Bearer ";

  private final List<byte[]> keys;
  private final List<String> origins;
  private final AtomicBoolean closed = new AtomicBoolean();

  Guard(ServerOptions options) {
    keys = options.keys().stream().map(Guard::digest).toList();
    origins = options.origins();
  }

  /** Nobody new is let in any more. */
  void close() {
    closed.set(true);
  }

  /**
   * Goes on as long as the server does.
   *
   * @throws Refusal when it is about to end
   */
  void requireGoingOn() {
    if (closed.get()) {
      throw Refusal.unable(
          503, "the server ends: ask again later", "server_error", "shutting_down");
    }
  }

  /** Tells browsers what they may do; whether that was all that was asked. */
  boolean answersForItself(Exchange exchange) {
    Optional<String> origin = exchange.header("Origin").filter(this::allowed);
    origin.ifPresent(
        from -> {
          exchange.put("Access-Control-Allow-Origin", from);
          exchange.put("Vary", "Origin");
        });
    boolean asksFirst =
        exchange.method().equals("OPTIONS")
            && exchange.header("Access-Control-Request-Method").isPresent();
    if (asksFirst && origin.isPresent()) {
      exchange.put("Access-Control-Allow-Methods", "GET, POST");
      exchange.put("Access-Control-Allow-Headers", "Authorization, Content-Type");
      exchange.put("Access-Control-Max-Age", "600");
      exchange.send(204);
      return true;
    }
    return false;
  }

  private boolean allowed(String origin) {
    return origins.contains("*") || origins.contains(origin);
  }

  /**
   * Lets a request in.
   *
   * @param open whether it needs no key
   * @throws Refusal when it is not let in
   */
  void letIn(Exchange exchange, boolean open) {
    if (open) {
      return;
    }
    String shown = exchange.header("Authorization").orElse("");
    if (!keys.isEmpty() && !fits(shown)) {
      exchange.put("WWW-Authenticate", "Bearer");
      throw Refusal.of(
          401,
          shown.isEmpty()
              ? "no API key was shown: send the header Authorization: Bearer KEY"
              : "the API key shown is not one of this server's",
          null,
          "invalid_api_key");
    }
    requireGoingOn();
  }

  /** All keys are compared, each in full, so that the time it takes tells nothing of them. */
  private boolean fits(String shown) {
    boolean bearer = shown.regionMatches(true, 0, BEARER, 0, BEARER.length());
    byte[] digest = digest(bearer ? shown.substring(BEARER.length()).strip() : "");
    boolean fits = false;
    for (byte[] key : keys) {
      fits |= MessageDigest.isEqual(key, digest);
    }
    return fits;
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
