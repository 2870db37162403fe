package muninn.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Option;
import muninn.files.FileUse;

/**
 * Files that a command writes at its end: whether they can be, and whether they may be, found out
 * before it works.
 */
final class OutputFiles {
  private final FileUse use = new FileUse();

  /** For a command that reads this model, whose files are none to be written. */
  OutputFiles(ModelOptions model) {
    model.claim(use);
  }

  /** A file that the command reads. */
  OutputFiles reads(String role, Path file) {
    use.reads(role, file);
    return this;
  }

  /**
   * The file that an option names, where it was given.
   *
   * @param role what it is to hold
   * @param ours what tells an earlier one, which may be replaced
   */
  OutputFiles writes(Arguments given, Option<Path> option, String role, Predicate<Path> ours) {
    return given.has(option) ? writes(given.name(option), given.get(option), role, ours) : this;
  }

  /** The same, named by other means. */
  OutputFiles writes(String option, Path named, String role, Predicate<Path> ours) {
    Path file = named.toAbsolutePath();
    if (Files.isDirectory(file) || !Files.isDirectory(file.getParent())) {
      throw UserException.of(
          "%s %s: %s; name a file in a folder that exists",
          option, named, Files.isDirectory(file) ? "is a folder" : "its folder does not exist");
    }
    use.writes(role, named, ours);
    return this;
  }

  /** The report, where one was asked for. */
  OutputFiles writes(ReportOptions report) {
    report.claim(use);
    return this;
  }

  /**
   * Refuses what must not be written.
   *
   * @throws UserException naming the file, why, and what to do
   */
  void check() {
    use.check();
  }
}
