package muninn.lab.sweep;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import muninn.UserException;
import muninn.files.FileMarks;

/**
 * The finished cells of a sweep, a line of JSON each, forced to the disk one by one: what a sweep
 * that was killed need not measure again. The first line says what was asked of which model; cells
 * of another sweep are refused. A grid may grow: what it has in common with before is kept.
 */
public final class CellFile implements AutoCloseable {
  /** What such a file is known by, one whose writing was cut short too. */
  public static final Predicate<Path> MARK = FileMarks.of("{\"sweep\":", "");

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path path;
  private final RandomAccessFile file;
  private final List<Cell> cells = new ArrayList<>();

  private CellFile(Path path, RandomAccessFile file) {
    this.path = path;
    this.file = file;
  }

  /**
   * Opens or creates the file for this process alone, and reads what is there.
   *
   * @param sweep what tells this sweep from others: prompts, sampling, model
   * @param overwrite forget what it holds
   * @throws UserException when it is another sweep's, or in use, or cannot be written
   */
  public static CellFile open(Path path, String sweep, boolean overwrite) {
    RandomAccessFile file = null;
    try {
      file = new RandomAccessFile(path.toFile(), "rw");
      CellFile opened = new CellFile(path, file);
      opened.lock();
      if (overwrite) {
        file.setLength(0);
      }
      opened.read(sweep);
      return opened;
    } catch (IOException e) {
      close(file);
      throw UserException.because(
          e,
          "cannot keep finished cells in %s: %s; name another file (--cells)",
          path,
          e.getMessage());
    } catch (UserException e) {
      close(file);
      throw e;
    }
  }

  List<Cell> cells() {
    return cells;
  }

  /** Keeps a cell for good. */
  void add(Cell cell) {
    try {
      write(MAPPER.writeValueAsString(cell));
    } catch (IOException e) {
      throw new UserException(
          String.format(
                  Locale.ROOT,
                  "cannot write to %s (%s): the cells so far are kept; make room and start the same"
                      + " command",
                  path,
                  e.getMessage())
              + " again",
          e);
    }
    cells.add(cell);
  }

  private void lock() throws IOException {
    FileLock lock = null;
    try {
      lock = file.getChannel().tryLock();
    } catch (OverlappingFileLockException e) {
      // Another sweep of this very process has it.
    }
    if (lock == null) {
      throw UserException.of(
          "%s is being written by another sweep: wait for it, or name another file (--cells)",
          path);
    }
  }

  /** Reads whole lines and cuts off what a killed process left of the next one. */
  private void read(String sweep) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(file.length())];
    file.readFully(bytes);
    String text = new String(bytes, StandardCharsets.UTF_8);
    int end = text.lastIndexOf('\n') + 1;
    file.setLength(text.substring(0, end).getBytes(StandardCharsets.UTF_8).length);
    file.seek(file.length());
    List<String> lines = text.substring(0, end).lines().toList();
    if (lines.isEmpty()) {
      write(MAPPER.createObjectNode().put("sweep", sweep).toString());
      return;
    }
    for (int i = 0; i < lines.size(); i++) {
      JsonNode line = tree(lines.get(i), i + 1);
      if (i > 0) {
        cells.add(MAPPER.treeToValue(line, Cell.class));
      } else if (!line.path("sweep").asText().equals(sweep)) {
        throw UserException.of(
            "%s holds cells of another sweep (its prompts, sampling or model differ): name another"
                + " file (--cells), or start over (--overwrite)",
            path);
      }
    }
  }

  private JsonNode tree(String line, int number) {
    try {
      return MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      throw UserException.because(
          e,
          "%s line %d is no finished cell: name another file (--cells), or start over"
              + " (--overwrite)",
          path,
          number);
    }
  }

  private void write(String line) throws IOException {
    file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    file.getFD().sync();
  }

  @Override
  public void close() {
    close(file);
  }

  private static void close(RandomAccessFile file) {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // Every line was forced to the disk when it was written.
    }
  }
}
