package muninn.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;

/**
 * What a clone holds in place of a large file when Git's extension for such files (LFS) was missing
 * or was told to leave them: a few lines of text that name the file's hash and size.
 */
final class LfsPointer {
  private static final String BEGINNING = "version https://git-lfs.github.com/spec/";

  /** By its specification a pointer is shorter. */
  private static final int MOST_BYTES = 1024;

  private LfsPointer() {}

  /**
   * Refuses a pointer in place of the file.
   *
   * @throws UserException saying what it is and how to get the file
   */
  static void refuse(Path file) {
    try {
      if (Files.size(file) >= MOST_BYTES) {
        return;
      }
      try (InputStream in = Files.newInputStream(file)) {
        byte[] first = in.readNBytes(BEGINNING.length());
        if (new String(first, StandardCharsets.US_ASCII).equals(BEGINNING)) {
          throw new UserException(
              file
                  + ": is a Git LFS pointer, which stands in place of the file; get the file"
                  + " itself: run 'git lfs pull' in that folder, or download the checkpoint again");
        }
      }
    } catch (IOException e) {
      throw Json.unreadable(file, e);
    }
  }
}
