package muninn.batch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.files.FileUse;

/**
 * Where a job's answers go: a file, which a later run can complete, or a stream, which none can.
 */
public sealed interface JobOutput permits JobOutput.ToFile, JobOutput.ToStream {

  /** A file; {@code OUTPUT.job} beside it says which job wrote it. */
  static JobOutput file(Path file) {
    return new ToFile(file);
  }

  /**
   * Standard output, or any other stream.
   *
   * @param out takes a whole line at a time, its end included
   */
  static JobOutput stream(Consumer<byte[]> out) {
    return new ToStream(out);
  }

  /** What messages call it. */
  String name();

  /**
   * Says which files are written.
   *
   * @throws muninn.UserException when they cannot be
   */
  void claim(FileUse use);

  /** Opens it for this job alone. */
  Answers open() throws IOException;

  /** A file. */
  record ToFile(Path file) implements JobOutput {
    @Override
    public String name() {
      return file.toString();
    }

    @Override
    public void claim(FileUse use) {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw UserException.of(
            "output %s is not a file: a job needs one that it can continue; name one, or - for"
                + " standard output",
            file);
      }
      Path folder = file.toAbsolutePath().getParent();
      if (!Files.isDirectory(folder)) {
        throw UserException.of("output %s: its folder does not exist: make it first", file);
      }
      // Whether they are this job's is found out when they are open and locked.
      use.writes("the answers", file, _ -> true);
      use.writes("the job's record", JobRecord.beside(file), _ -> true);
    }

    @Override
    public Answers open() throws IOException {
      return OutputFile.open(file);
    }
  }

  /** A stream. */
  record ToStream(Consumer<byte[]> out) implements JobOutput {
    @Override
    public String name() {
      return "standard output";
    }

    @Override
    public void claim(FileUse use) {}

    @Override
    public Answers open() {
      return new OutputPipe(out);
    }
  }

  /** An output that is being written. */
  sealed interface Answers extends AutoCloseable permits OutputFile, OutputPipe {

    /**
     * Makes sure that it is this job's.
     *
     * @param overwrite whether answers of an earlier job are thrown away
     * @return what it answers already
     * @throws muninn.UserException when it is another one's
     */
    Answered begin(JobRecord job, boolean overwrite) throws IOException;

    /**
     * Appends one line, its end included.
     *
     * @throws muninn.UserException when it could not be written; the lines before it are kept
     */
    void append(byte[] line);

    @Override
    void close() throws IOException;
  }
}
