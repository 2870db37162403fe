package muninn.batch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import muninn.files.FileUse;
import muninn.files.Lines;

/**
 * What a job answers, a request a line: a file, or a stream, which can be read but once and so
 * cannot be gone on with by another run.
 */
public sealed interface JobInput permits InputFile, InputPipe {

  /** A file, which must stay as it is until it is read to its end. */
  static JobInput file(Path file) {
    return new InputFile(file);
  }

  /** Standard input, or any other stream. */
  static JobInput stream(InputStream in) {
    return new InputPipe(in);
  }

  /** What messages call it. */
  String name();

  /**
   * Says which file is read.
   *
   * @throws muninn.UserException when it is none
   */
  void claim(FileUse use);

  /** What is to be known before the first line is answered. */
  Survey survey() throws IOException;

  /**
   * The lines, from the first on; whoever reads them is told by a {@link muninn.UserException} when
   * they are no longer those that were surveyed.
   */
  Lines open() throws IOException;

  /**
   * An input as a whole.
   *
   * @param id its SHA-256 in hexadecimal; empty where it cannot be read twice
   * @param lines how many there are, 0 where that is not known
   * @param mayShareKeys whether a line may ask that steps share keys and values, which makes an
   *     answer depend on how many positions think together
   */
  record Survey(String id, long lines, boolean mayShareKeys) {}
}
