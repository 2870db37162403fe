package muninn.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Option;

/** Files that a command writes at its end: whether they can be, found out before it works. */
final class OutputFiles {
  private OutputFiles() {}

  /**
   * Checks the file that an option names, where it was given.
   *
   * @throws UserException when it is a folder, or its folder is not there
   */
  static void check(Arguments given, Option<Path> option) {
    if (given.has(option)) {
      check(given.name(option), given.get(option));
    }
  }

  static void check(String option, Path named) {
    Path file = named.toAbsolutePath();
    if (Files.isDirectory(file) || !Files.isDirectory(file.getParent())) {
      throw UserException.of(
          "%s %s: %s; name a file in a folder that exists",
          option, named, Files.isDirectory(file) ? "is a folder" : "its folder does not exist");
    }
  }
}
