package muninn.model;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import muninn.files.Json;
import muninn.files.Sha256;

/**
 * What tells one model from another, in a report and in a batch job's record: SHA-256 over the
 * texts of its folder that shape answers and its tensors' names, types, shapes and bytes; no other
 * file is opened. Of tensors that are large in sum only samples are read: fifteen gigabytes would
 * take longer than most measurements.
 *
 * @param sha256 in hexadecimal
 * @param of what was hashed, in words
 */
public record Fingerprint(String sha256, String of) {
  private static final long WHOLE_BYTES = 64L << 20;
  private static final int PIECES = 16;
  private static final int PIECE_BYTES = 4096;

  /** Reads what it takes. */
  public static Fingerprint of(Model model) {
    MessageDigest digest = Sha256.begin();
    if (model.directory().isEmpty()) {
      digest.update(model.name().getBytes(StandardCharsets.UTF_8));
      return new Fingerprint(hex(digest), "of its name: random weights");
    }
    for (String name : CheckpointFiles.TEXTS) {
      update(digest, model.directory().get().resolve(name));
    }
    List<Tensor> tensors = model.tensors();
    boolean whole = tensors.stream().mapToLong(Tensor::bytes).sum() <= WHOLE_BYTES;
    for (Tensor tensor : tensors) {
      String shape =
          String.format(Locale.ROOT, "%s %s %s\n", tensor.name(), tensor.type(), tensor.shape());
      digest.update(shape.getBytes(StandardCharsets.UTF_8));
      if (whole || tensor.bytes() <= (long) PIECES * PIECE_BYTES) {
        update(digest, tensor.data());
      } else {
        for (int i = 0; i < PIECES; i++) {
          long from = (tensor.bytes() - PIECE_BYTES) / (PIECES - 1) * i;
          update(digest, tensor.data().asSlice(from, PIECE_BYTES));
        }
      }
    }
    return new Fingerprint(
        hex(digest),
        whole
            ? "config, tokenizer and all tensors"
            : String.format(
                Locale.ROOT,
                "config, tokenizer, tensor shapes and %d samples of %d bytes a tensor",
                PIECES,
                PIECE_BYTES));
  }

  private static void update(MessageDigest digest, MemorySegment data) {
    long step = 1 << 30; // a ByteBuffer holds less than 2 GiB
    for (long at = 0; at < data.byteSize(); at += step) {
      digest.update(data.asSlice(at, Math.min(step, data.byteSize() - at)).asByteBuffer());
    }
  }

  private static void update(MessageDigest digest, Path file) {
    if (!Files.isRegularFile(file)) {
      return; // a model may have no tokenizer
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    } catch (IOException e) {
      throw Json.unreadable(file, e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
