package muninn.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;

/** How a file shows by what it begins with that an earlier run wrote it. */
public final class FileMarks {
  private static final int HEAD_BYTES = 1 << 16;
  private static final int WHOLE_BYTES = 1 << 26;

  private FileMarks() {}

  /**
   * Whether a file begins with one text, or is the first piece of it, and has another one in its
   * first 64 KiB.
   *
   * @param beginning may be empty
   */
  public static Predicate<Path> of(String beginning, String within) {
    return of(beginning, within, HEAD_BYTES);
  }

  /** The same with the other text anywhere, for files that have it at their end. */
  public static Predicate<Path> anywhere(String beginning, String within) {
    return of(beginning, within, WHOLE_BYTES);
  }

  private static Predicate<Path> of(String beginning, String within, int bytes) {
    return file -> {
      try (InputStream in = Files.newInputStream(file)) {
        String head = new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1);
        boolean begins =
            head.startsWith(beginning)
                || (head.length() < beginning.length() && beginning.startsWith(head));
        return begins && head.contains(within);
      } catch (IOException e) {
        return false; // what cannot be read is not known for ours
      }
    };
  }
}
