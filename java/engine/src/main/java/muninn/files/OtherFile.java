package muninn.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import muninn.UserException;

/**
 * What lies where a checkpoint's file should: a download that went wrong, or weights in another
 * program's format under this name. Each is known by how it begins, and said by its own name, since
 * to download such a file again would give the same.
 */
enum OtherFile {
  LFS_POINTER(
      "version https://git-lfs.github.com/spec/",
      "is a Git LFS pointer, which stands in place of the file; get the file itself: run 'git lfs"
          + " pull' in that folder, or download the checkpoint again"),
  GGUF(
      "GGUF",
      "is a GGUF file, as llama.cpp reads them; use the checkpoint in Hugging Face layout that it"
          + " was made from"),
  ZIP(
      "PK\3\4",
      "is a zip archive, as PyTorch saves weights, which runs code when it is loaded and is not"
          + " read; save the checkpoint as safetensors"),
  PICKLE(
      "\u0080\2",
      "is a Python pickle, which runs code when it is loaded and is not read; save the checkpoint"
          + " as safetensors"),
  HDF5(
      "\u0089HDF\r\n",
      "is an HDF5 file, as Keras saves weights; save the checkpoint as safetensors"),
  GZIP("\u001f\u008b", "is compressed with gzip; unpack it"),
  ZSTANDARD("(\u00b5/\u00fd", "is compressed with Zstandard; unpack it"),
  XZ("\u00fd7zXZ\0", "is compressed with xz; unpack it"),
  DOCUMENT("<!doctype html", Constants.PAGE),
  PAGE("<html", Constants.PAGE);

  /** A header of safetensors begins after eight bytes of length, which may look like anything. */
  private static final int SAFETENSORS_HEADER = 8;

  private static final int LOOKED_AT = 64;

  private final String beginning;
  private final String what;

  OtherFile(String beginning, String what) {
    this.beginning = beginning;
    this.what = what;
  }

  private static final class Constants {
    static final String PAGE =
        "is a web page, as a site answers with instead of a file when something is wrong or it"
            + " wants a login; open it to see what it says, then download the file itself";
  }

  /**
   * Refuses any of them in place of the file.
   *
   * @throws UserException saying what it is and what to do
   */
  static void refuse(Path file) {
    String first;
    try (InputStream in = Files.newInputStream(file)) {
      first = new String(in.readNBytes(LOOKED_AT), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw Json.unreadable(file, e);
    }
    if (first.length() > SAFETENSORS_HEADER && first.charAt(SAFETENSORS_HEADER) == '{') {
      return;
    }
    String lower = first.stripLeading().toLowerCase(Locale.ROOT);
    for (OtherFile other : values()) {
      if (first.startsWith(other.beginning) || lower.startsWith(other.beginning)) {
        throw new UserException(file + ": " + other.what);
      }
    }
  }
}
