package muninn.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.files.FileProblem;
import muninn.model.Model;

/** What tells one job from another: which input it reads and which model answers. */
public final class Digest {
  private static final int HEAD_BYTES = 1 << 20;
  private static final List<String> MODEL_FILES = List.of(".safetensors", ".json");

  private Digest() {}

  /**
   * The digest of a whole input file and how many lines it has, a last one without an end included.
   */
  record Input(String sha256, long lines) {}

  static Input input(Path file) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[1 << 16];
    long lines = 0;
    byte last = '\n';
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
        for (int i = 0; i < read; i++) {
          last = buffer[i];
          lines += last == '\n' ? 1 : 0;
        }
      }
    }
    return new Input(hex(digest), last == '\n' ? lines : lines + 1);
  }

  /**
   * Names, sizes and beginnings (the first MiB) of a checkpoint's files. Where the folder lies does
   * not matter; reading 15 GB of weights whole would cost more than it tells. Of a model without
   * files, its name.
   *
   * @throws UserException when a file cannot be read
   */
  public static String model(Model model) {
    return model.directory().map(Digest::folder).orElseGet(() -> text(model.name()));
  }

  static String folder(Path directory) {
    MessageDigest digest = sha256();
    try (Stream<Path> listed = Files.list(directory)) {
      List<Path> files =
          listed
              .filter(f -> MODEL_FILES.stream().anyMatch(f.getFileName().toString()::endsWith))
              .sorted()
              .toList();
      for (Path file : files) {
        digest.update((file.getFileName() + " " + Files.size(file) + "\n").getBytes(UTF_8));
        try (InputStream in = Files.newInputStream(file)) {
          digest.update(in.readNBytes(HEAD_BYTES));
        }
      }
    } catch (IOException e) {
      throw UserException.because(e, "%s: %s", directory, FileProblem.describe(e));
    }
    return hex(digest);
  }

  private static String text(String name) {
    MessageDigest digest = sha256();
    digest.update(name.getBytes(UTF_8));
    return hex(digest);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
