package muninn.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Says in words what the system's file errors mean. */
public final class FileProblem {
  private FileProblem() {}

  /** The file, where the error names one, and what is wrong with it. */
  public static String describe(IOException e) {
    return switch (e) {
      case NoSuchFileException f -> f.getFile() + " or its folder does not exist";
      case AccessDeniedException f -> f.getFile() + " may not be opened: check its permissions";
      case FileSystemException f when f.getReason() != null -> f.getFile() + ": " + f.getReason();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
