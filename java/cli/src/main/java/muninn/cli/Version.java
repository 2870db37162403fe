package muninn.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/** The version that the build wrote down, and the Java it runs on. */
final class Version {
  /** Letters of a commit that people read. */
  private static final int SHOWN = 12;

  private Version() {}

  /** The version alone. */
  static String number() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    }
    return properties.getProperty("version");
  }

  /** The commit of the working tree that this runs from; empty where there is none. */
  static Optional<String> commit() {
    String home = System.getProperty("muninn.home");
    if (home == null) {
      return Optional.empty();
    }
    Path git = Path.of(home, ".git");
    try {
      String head = Files.readString(git.resolve("HEAD")).strip();
      String branch = head.startsWith("ref: ") ? head.substring("ref: ".length()) : "";
      String commit = branch.isEmpty() ? head : Files.readString(git.resolve(branch)).strip();
      return Optional.of(commit).filter(id -> id.matches("[0-9a-f]{40,64}"));
    } catch (IOException | InvalidPathException e) {
      return Optional.empty(); // an installation without its history, or one packed away
    }
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
