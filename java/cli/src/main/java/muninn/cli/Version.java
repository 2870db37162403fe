package muninn.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/** What the build wrote down about itself, and the Java it runs on. */
final class Version {
  /** Letters of a commit that people read. */
  private static final int SHOWN = 12;

  private Version() {}

  /** The version alone. */
  static String number() throws IOException {
    return built("version");
  }

  /** The commit that was built; empty where the build was not told. */
  static Optional<String> commit() throws IOException {
    return Optional.of(built("commit")).filter(id -> id.matches("[0-9a-f]{40,64}"));
  }

  private static String built(String key) throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    }
    return properties.getProperty(key);
  }

  /** What {@code --version} prints. */
  static String text() {
    try {
      String commit = commit().map(id -> " (" + id.substring(0, SHOWN) + ")").orElse("");
      return String.format(
          Locale.ROOT,
          "muninn %s%s%nJava %s, %s%n",
          number(),
          commit,
          System.getProperty("java.vm.version"),
          System.getProperty("os.arch"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
