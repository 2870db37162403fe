package muninn.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;

/**
 * Hugging Face's own library, which says what a tokenizer has to answer. Its native code comes from
 * DJL's jar, past DJL's loader, which looks for other builds on the network. A panic in it ends the
 * process: it only ever gets files and texts that it can bear.
 */
final class Library implements AutoCloseable {
  private static final TokenizersLibrary NATIVE = load();

  private final long handle;

  Library(String json) {
    handle = NATIVE.createTokenizerFromString(json);
  }

  private static TokenizersLibrary load() {
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    boolean arm = arch.equals("aarch64") || arch.equals("arm64");
    boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
    String name = System.mapLibraryName("tokenizers");
    String resource =
        "/native/lib/" + (mac ? "osx-" : "linux-") + (arm ? "aarch64" : "x86_64") + "/cpu/" + name;
    try (InputStream in = TokenizersLibrary.class.getResourceAsStream(resource)) {
      Path library = Files.createTempDirectory("tokenizers").resolve(name);
      Files.copy(in, library, StandardCopyOption.REPLACE_EXISTING);
      System.load(library.toString());
      Files.delete(library);
      Files.delete(library.getParent());
      return TokenizersLibrary.LIB;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  int[] encode(String text) {
    long encoding = NATIVE.encode(handle, text, false);
    try {
      return Arrays.stream(NATIVE.getTokenIds(encoding)).mapToInt(Math::toIntExact).toArray();
    } finally {
      NATIVE.deleteEncoding(encoding);
    }
  }

  /** How many tokens each piece has that the pre-tokenizer makes of a text. */
  int[] tokensOfPieces(String text) {
    long encoding = NATIVE.encode(handle, text, false);
    try {
      long[] pieces = NATIVE.getWordIds(encoding);
      int[] tokens = new int[pieces.length == 0 ? 0 : (int) pieces[pieces.length - 1] + 1];
      for (long piece : pieces) {
        tokens[(int) piece]++;
      }
      return tokens;
    } finally {
      NATIVE.deleteEncoding(encoding);
    }
  }

  String decode(int[] ids, boolean skipSpecial) {
    return NATIVE.decode(handle, Arrays.stream(ids).asLongStream().toArray(), skipSpecial);
  }

  @Override
  public void close() {
    NATIVE.deleteTokenizer(handle);
  }
}
