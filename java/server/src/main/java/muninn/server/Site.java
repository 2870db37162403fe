package muninn.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import muninn.lab.report.ChartScript;

/**
 * The page at {@code /} and what it is made of, which lies on the class path: all of it is known
 * when the server starts, so no name that a request brings is ever looked up anywhere else.
 */
final class Site implements Endpoint {
  static final String FOLDER = "/page/";

  private static final List<String> MODULES =
      List.of(
          "main.js",
          "settings.js",
          "client.js",
          "answer.js",
          "wave.js",
          "trace.js",
          "charts.js",
          "key.js",
          "format.js");

  /** The page runs its own scripts, speaks with its own server, and is nobody's frame. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
          + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Map<String, Part> parts = new LinkedHashMap<>();

  /**
   * A file.
   *
   * @param tag tells its contents from others
   */
  private record Part(String type, byte[] bytes, String tag) {

    static Part of(String type, String resource) {
      try (InputStream in = Site.class.getResourceAsStream(resource)) {
        if (in == null) {
          throw new IllegalStateException(resource + " is not on the class path");
        }
        byte[] bytes = in.readAllBytes();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        return new Part(type, bytes, '"' + HexFormat.of().formatHex(digest, 0, 12) + '"');
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e); // every Java has it
      }
    }
  }

  Site() {
    parts.put("/", Part.of("text/html; charset=utf-8", "page/index.html"));
    parts.put(FOLDER + "page.css", Part.of("text/css; charset=utf-8", "page/page.css"));
    parts.put(FOLDER + "icon.svg", Part.of("image/svg+xml", "page/icon.svg"));
    for (String module : MODULES) {
      parts.put(FOLDER + module, Part.of("text/javascript; charset=utf-8", "page/" + module));
    }
    parts.put(FOLDER + "echarts.js", Part.of("text/javascript; charset=utf-8", ChartScript.PATH));
  }

  @Override
  public void answer(Exchange exchange) {
    Part part = parts.get(exchange.path());
    if (part == null) {
      throw Refusal.of(404, "the page has no such part", null, "not_found");
    }
    exchange.put("Content-Security-Policy", POLICY);
    exchange.put("X-Content-Type-Options", "nosniff");
    exchange.put("Referrer-Policy", "no-referrer");
    exchange.put("Cache-Control", "no-cache");
    exchange.put("ETag", part.tag);
    if (exchange.header("If-None-Match").filter(part.tag::equals).isPresent()) {
      exchange.send(304);
    } else {
      exchange.send(200, part.type, part.bytes);
    }
  }
}
