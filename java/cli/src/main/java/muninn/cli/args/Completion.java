package muninn.cli.args;

import java.util.List;

/** What a shell can offer where a value is to be typed. */
public sealed interface Completion {
  /** Nothing: a number, or any text. */
  Completion NOTHING = new Words(List.of());

  /** Names of files and folders. */
  Completion FILES = new Files();

  /** Names of folders. */
  Completion FOLDERS = new Folders(List.of());

  /** One of these words. */
  record Words(List<String> words) implements Completion {}

  /** A file. */
  record Files() implements Completion {}

  /** A folder, or one of these words. */
  record Folders(List<String> words) implements Completion {}
}
