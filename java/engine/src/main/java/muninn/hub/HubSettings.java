package muninn.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import muninn.UserException;
import muninn.files.FileProblem;

/**
 * Where the hub is, where its files are kept, and who asks: from the environment variables that all
 * programs that use the hub obey.
 *
 * @param endpoint of the hub or of a mirror, without a slash at its end
 * @param token of a user, where there is one; it is never part of a message
 * @param cache the folder that has a folder for each model
 * @param offline whether nothing may be asked over the network
 */
public record HubSettings(URI endpoint, Optional<String> token, Path cache, boolean offline) {
  static final URI HUGGING_FACE = URI.create("https://huggingface.co");

  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final Set<String> FALSE = Set.of("0", "OFF", "NO", "FALSE");

  /** Those of this process. */
  public static HubSettings ofProcess() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * What variables say.
   *
   * @param home the user's own folder, for {@code ~} and where nothing is said
   * @throws UserException when one says what cannot be, naming it
   */
  static HubSettings of(Map<String, String> variables, Path home) {
    Variables given = new Variables(variables, home);
    Path cacheHome = given.path("XDG_CACHE_HOME").orElse(home.resolve(".cache"));
    Path hubHome = given.path("HF_HOME").orElse(cacheHome.resolve("huggingface"));
    Path cache =
        given
            .path("HF_HUB_CACHE")
            .or(() -> given.path("HUGGINGFACE_HUB_CACHE"))
            .orElse(hubHome.resolve("hub"));
    Path tokenFile = given.path("HF_TOKEN_PATH").orElse(hubHome.resolve("token"));
    Optional<String> token =
        given
            .text("HF_TOKEN")
            .or(() -> given.text("HUGGING_FACE_HUB_TOKEN"))
            .or(() -> stored(tokenFile));
    token.ifPresent(HubSettings::requireToken);
    return new HubSettings(
        given.text("HF_ENDPOINT").map(HubSettings::endpoint).orElse(HUGGING_FACE),
        token,
        cache.toAbsolutePath().normalize(),
        given.isTrue("HF_HUB_OFFLINE") || given.isTrue("TRANSFORMERS_OFFLINE"));
  }

  /** The endpoint's host, for messages. */
  String host() {
    return endpoint.getAuthority();
  }

  private record Variables(Map<String, String> values, Path home) {
    Optional<String> text(String name) {
      return Optional.ofNullable(values.get(name)).map(String::strip).filter(v -> !v.isEmpty());
    }

    boolean isTrue(String name) {
      String value = text(name).map(v -> v.toUpperCase(Locale.ROOT)).orElse("0");
      if (!TRUE.contains(value) && !FALSE.contains(value)) {
        throw UserException.of(
            "%s is '%s', wanted 1, on, yes or true, or else 0, off, no or false",
            name, values.get(name));
      }
      return TRUE.contains(value);
    }

    Optional<Path> path(String name) {
      return text(name).map(this::expanded);
    }

    private Path expanded(String path) {
      return path.equals("~") || path.startsWith("~/")
          ? home.resolve(path.substring(Math.min(2, path.length())))
          : Path.of(path);
    }
  }

  private static URI endpoint(String text) {
    try {
      URI uri = new URI(text.replaceAll("/+$", ""));
      boolean web =
          "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
      if (web
          && uri.getHost() != null
          && uri.getRawQuery() == null
          && uri.getRawUserInfo() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw UserException.of(
        "HF_ENDPOINT is '%s', wanted the address of the hub or of a mirror, as %s",
        text, HUGGING_FACE);
  }

  private static Optional<String> stored(Path file) {
    try {
      return Files.exists(file)
          ? Optional.of(Files.readString(file).strip()).filter(token -> !token.isEmpty())
          : Optional.empty();
    } catch (IOException e) {
      throw UserException.because(
          e, "the token's file cannot be read: %s", FileProblem.describe(e));
    }
  }

  /** What else it held would be sent as a part of the request's head. */
  private static void requireToken(String token) {
    if (token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new UserException(
          "the token for the hub (HF_TOKEN, or the file token in HF_HOME) holds characters that no"
              + " token has: make one at https://huggingface.co/settings/tokens");
    }
  }
}
