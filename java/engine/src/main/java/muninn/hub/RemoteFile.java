package muninn.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import muninn.UserException;
import muninn.files.Json;

/**
 * A file on the hub. Its etag is a hash of its content, so it names the file in the cache and tells
 * whether what came is what was meant: the SHA-256 of a large file, which lies in Git's extension
 * for such (LFS), and of any other the hash under which Git keeps it.
 *
 * @param address where the hub is asked for it
 * @param bytes its length, or {@link #UNKNOWN}
 */
record RemoteFile(ModelId model, String name, URI address, String etag, long bytes) {
  static final long UNKNOWN = -1;

  private static final Pattern ETAG = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final int SHA256_DIGITS = 64;
  private static final int BUFFER = 1 << 20;

  /**
   * From what the hub says of it.
   *
   * @throws UserException when that is not what the hub says of files
   */
  static RemoteFile read(ModelId model, String name, URI address, HttpResponse<?> response) {
    String etag = etag(response.headers()).orElse("");
    if (!ETAG.matcher(etag).matches()) {
      throw UserException.of(
          "%s has the etag '%s', wanted a hash of its content, as the Hugging Face hub gives it:"
              + " check HF_ENDPOINT",
          address, Json.shortened(etag));
    }
    boolean itself = response.statusCode() / 100 == 2;
    long bytes =
        response
            .headers()
            .firstValue("X-Linked-Size")
            .or(() -> response.headers().firstValue("Content-Length").filter(length -> itself))
            .filter(text -> text.matches("[0-9]{1,15}"))
            .map(Long::parseLong)
            .orElse(UNKNOWN);
    return new RemoteFile(model, name, address, etag, bytes);
  }

  /** The etag of the file that an answer is about, without the quotes around it. */
  static Optional<String> etag(HttpHeaders headers) {
    return headers
        .firstValue("X-Linked-Etag")
        .or(() -> headers.firstValue("ETag"))
        .map(etag -> etag.replaceFirst("^W/", "").replace("\"", ""));
  }

  /**
   * Compares with what the hub says when it is asked for the bytes.
   *
   * @throws UserException when the file is another by now
   */
  void requireSame(HttpHeaders headers) {
    etag(headers)
        .filter(now -> !now.equals(etag))
        .ifPresent(
            now -> {
              throw UserException.of(
                  "%s of %s was changed on the hub while it was downloaded: give the same command"
                      + " again to get it as it is now",
                  name, model);
            });
  }

  boolean isLarge() {
    return etag.length() == SHA256_DIGITS;
  }

  /** Whether a file has this content. */
  boolean matches(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance(isLarge() ? "SHA-256" : "SHA-1");
      if (!isLarge()) {
        digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      try (InputStream in = Files.newInputStream(file)) {
        byte[] buffer = new byte[BUFFER];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          digest.update(buffer, 0, read);
        }
      }
      return HexFormat.of().formatHex(digest.digest()).equals(etag);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
