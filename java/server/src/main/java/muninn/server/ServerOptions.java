package muninn.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a server is reached, and what it lets in.
 *
 * @param host the address it listens at; a loopback one keeps others out
 * @param port 0 for any that is free
 * @param keys one of which a client must show; empty lets all in
 * @param names what the model is called; the first is told
 * @param lenient whether fields that nobody knows are passed over
 * @param origins of pages that may ask through a browser; {@code *} for all, empty for none
 * @param tls certificate and key; empty for plain HTTP
 * @param limits of a request and its answer
 * @param log how requests are logged
 * @param version what the server calls itself
 */
public record ServerOptions(
    String host,
    int port,
    List<String> keys,
    List<String> names,
    boolean lenient,
    List<String> origins,
    Optional<TlsFiles> tls,
    Limits limits,
    Log log,
    String version) {

  /**
   * What a client may ask for at once, and how long it may take to hear it.
   *
   * @param bytes of a request's body
   * @param choices of an answer: prompts, each with its answers
   * @param write for which a client may take nothing of what is written to it
   */
  public record Limits(long bytes, int choices, Duration write) {}

  /** How requests are logged. */
  public enum Log {
    /** Not at all. */
    NONE,
    /** As lines for people. */
    TEXT,
    /** As JSON objects, one a line. */
    JSON
  }

  /**
   * Files in PEM form.
   *
   * @param certificate the chain, the server's own first
   * @param key private, not encrypted
   */
  public record TlsFiles(Path certificate, Path key) {}

  public ServerOptions {
    keys = List.copyOf(keys);
    names = List.copyOf(names);
    origins = List.copyOf(origins);
  }
}
