package muninn.server;

import java.nio.file.Path;
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
 * @param mostBytes of a request's body
 * @param mostChoices of an answer: prompts, each with its answers
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
    long mostBytes,
    int mostChoices,
    Log log,
    String version) {

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
