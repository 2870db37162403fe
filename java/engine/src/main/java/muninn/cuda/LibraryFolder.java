package muninn.cuda;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import muninn.UserException;

/** A folder of a library that a variable of the environment may name. */
final class LibraryFolder {
  private LibraryFolder() {}

  /**
   * The folder; null where the variable names none.
   *
   * @param libraries what may lie in it, for messages
   * @throws UserException when it names what is no folder
   */
  static Path named(Map<String, String> environment, String variable, List<String> libraries) {
    String folder = environment.getOrDefault(variable, "").strip();
    if (folder.isEmpty()) {
      return null;
    }
    if (!Files.isDirectory(Path.of(folder))) {
      throw UserException.of(
          "%s is '%s', which is no folder, wanted the one that holds %s; or unset it",
          variable, folder, String.join(" or ", libraries));
    }
    return Path.of(folder);
  }
}
