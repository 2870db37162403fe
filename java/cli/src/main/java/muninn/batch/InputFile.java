package muninn.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Objects;
import muninn.UserException;
import muninn.files.FileUse;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.files.Sha256;

/**
 * A file of requests. It is read once to be known and again to be answered. Size, time and identity
 * are looked at after every block that is read, before a line of it is answered, and the whole
 * content at the end: so a file that is shortened, extended, edited or replaced meanwhile ends the
 * job, and is never taken for a shorter one.
 */
final class InputFile implements JobInput {
  private static final byte[][] SHARING = {
    "\"kv\"".getBytes(UTF_8), "\"exit_prompt\"".getBytes(UTF_8)
  };

  private final Path path;
  private State surveyed;
  private String sha256;

  InputFile(Path path) {
    this.path = path;
  }

  private record State(long bytes, FileTime modified, Object identity) {}

  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public void claim(FileUse use) {
    if (!Files.isRegularFile(path)) {
      throw UserException.of(
          "input %s is not a file: name a JSONL file of requests, or - for standard input", path);
    }
    use.reads("the input", path);
  }

  @Override
  public Survey survey() throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      NotLines.refused(name(), in);
    }
    surveyed = state();
    MessageDigest digest = Sha256.begin();
    long lines = 0;
    boolean mayShare = false;
    try (Lines in =
        new Lines(new DigestInputStream(Files.newInputStream(path), digest), Lines.MAX_BYTES)) {
      for (Line line = in.next(); line != null; line = in.next()) {
        lines = line.number();
        mayShare = mayShare || line.tooLong() || mentions(line.bytes());
      }
    }
    sha256 = HexFormat.of().formatHex(digest.digest());
    requireUnchanged();
    return new Survey(sha256, lines, mayShare);
  }

  @Override
  public Lines open() throws IOException {
    return new Lines(new Watched(Files.newInputStream(path)), Lines.MAX_BYTES);
  }

  private static boolean mentions(byte[] line) {
    for (byte[] name : SHARING) {
      for (int i = 0; i + name.length <= line.length; i++) {
        int matching = 0;
        while (matching < name.length && line[i + matching] == name[matching]) {
          matching++;
        }
        if (matching == name.length) {
          return true;
        }
      }
    }
    return false;
  }

  private State state() throws IOException {
    BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
    return new State(now.size(), now.lastModifiedTime(), now.fileKey());
  }

  private void requireUnchanged() throws IOException {
    State now;
    try {
      now = state();
    } catch (NoSuchFileException e) {
      throw changed("it is gone");
    }
    if (now.bytes != surveyed.bytes) {
      throw changed("it had " + surveyed.bytes + " bytes and has " + now.bytes + " now");
    }
    if (!Objects.equals(now.identity, surveyed.identity)) {
      throw changed("another file has taken its place");
    }
    if (!now.modified.equals(surveyed.modified)) {
      throw changed("it was written to");
    }
  }

  private UserException changed(String how) {
    return UserException.of(
        "input %s changed while it was read (%s): the answers so far are kept; restore the file and"
            + " give the same command again, or start over with --overwrite",
        path, how);
  }

  /** The second reading, under watch. */
  private final class Watched extends FilterInputStream {
    private final MessageDigest digest = Sha256.begin();
    private boolean ended;

    Watched(InputStream in) {
      super(in);
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("lines are read in blocks");
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int read = super.read(bytes, from, length);
      requireUnchanged();
      if (read >= 0) {
        digest.update(bytes, from, read);
      } else if (!ended) {
        ended = true;
        if (!HexFormat.of().formatHex(digest.digest()).equals(sha256)) {
          throw changed("its content is another one");
        }
      }
      return read;
    }
  }
}
