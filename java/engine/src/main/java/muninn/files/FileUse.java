package muninn.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import muninn.UserException;

/**
 * The files of one command: those that it reads and those that it will write. {@link #check},
 * called before the first write, refuses a file that would be both, under whatever name, link or
 * spelling, two results in one file, and a file that is there already and that nobody would want
 * overwritten. So no command destroys its own input, or what it did not make.
 */
public final class FileUse {
  private static final int MOST_LINKS = 40;

  private final List<Used> read = new ArrayList<>();
  private final List<Written> written = new ArrayList<>();

  private record Used(String role, Path file) {}

  private record Written(String role, Path file, Predicate<Path> ours) {}

  /**
   * A file that is read.
   *
   * @param role what it is to the command, for a message: {@code the input}
   */
  public FileUse reads(String role, Path file) {
    read.add(new Used(role, file));
    return this;
  }

  /** The files of a folder that is read; a folder that is not there has none. */
  public FileUse readsFolder(String role, Path folder) {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(Files::isRegularFile).forEach(file -> reads(role, file));
      } catch (IOException e) {
        throw UserException.because(e, "%s: %s", folder, FileProblem.describe(e));
      }
    }
    return this;
  }

  /**
   * A file that will be written.
   *
   * @param ours whether a file that is there already is an earlier result of the same kind
   */
  public FileUse writes(String role, Path file, Predicate<Path> ours) {
    written.add(new Written(role, file, ours));
    return this;
  }

  /**
   * Looks at all of them.
   *
   * @throws UserException naming the file that must not be written, why, and what to do
   */
  public void check() {
    for (int i = 0; i < written.size(); i++) {
      Written result = written.get(i);
      for (Used source : read) {
        if (same(result.file, source.file)) {
          throw UserException.of(
              "%s is %s and would be overwritten with %s: name another file",
              result.file, source.role, result.role);
        }
      }
      for (Written other : written.subList(0, i)) {
        if (same(result.file, other.file)) {
          throw UserException.of(
              "%s is to hold both %s and %s: name another file for one of them",
              result.file, other.role, result.role);
        }
      }
      if (holdsSomething(result.file) && !result.ours.test(result.file)) {
        throw UserException.of(
            "%s exists and does not hold %s of an earlier run: move or delete it, or name another"
                + " file",
            result.file, result.role);
      }
    }
  }

  /** Whether a name leads to bytes that could be lost; devices and pipes have none. */
  private static boolean holdsSomething(Path file) {
    try {
      return Files.isRegularFile(file) && Files.size(file) > 0;
    } catch (IOException e) {
      return true; // cannot be looked at, so cannot be known for ours
    }
  }

  /** Whether both names lead, or would lead, to the same file. */
  private static boolean same(Path a, Path b) {
    try {
      if (Files.exists(a) && Files.exists(b)) {
        return Files.isRegularFile(a) && Files.isSameFile(a, b);
      }
      Path one = target(a);
      Path other = target(b);
      return one.equals(other)
          || (one.toString().equalsIgnoreCase(other.toString())
              && one.getParent() != null
              && ignoresCase(one.getParent()));
    } catch (IOException e) {
      throw UserException.because(e, "%s and %s: %s", a, b, FileProblem.describe(e));
    }
  }

  /** Where a write to a name that is not there yet ends up, through links to nothing too. */
  private static Path target(Path file) throws IOException {
    Path path = file.toAbsolutePath();
    for (int i = 0; i < MOST_LINKS && Files.isSymbolicLink(path); i++) {
      path = path.resolveSibling(Files.readSymbolicLink(path));
    }
    Path folder = path.getParent();
    return folder != null && Files.exists(folder)
        ? folder.toRealPath().resolve(path.getFileName())
        : path.normalize();
  }

  /** Whether a folder's own name is found in other letters. */
  private static boolean ignoresCase(Path folder) throws IOException {
    if (folder.getFileName() == null) {
      return false;
    }
    String name = folder.getFileName().toString();
    String upper = name.toUpperCase(Locale.ROOT);
    String other = upper.equals(name) ? name.toLowerCase(Locale.ROOT) : upper;
    Path spelled = folder.resolveSibling(other);
    return !other.equals(name) && Files.exists(spelled) && Files.isSameFile(folder, spelled);
  }
}
