package muninn.cli.args;

import java.util.List;

/** What a shell can offer where a value is to be typed. */
public sealed interface ShellCompletion {
  /** Nothing: a number, or any text. */
  ShellCompletion NOTHING = new Words(List.of());

  /** Names of files and folders. */
  ShellCompletion FILES = new Files();

  /** One of these words. */
  record Words(List<String> words) implements ShellCompletion {}

  /** A file. */
  record Files() implements ShellCompletion {}

  /** A folder, or one of these words. */
  record Folders(List<String> words) implements ShellCompletion {}
}
