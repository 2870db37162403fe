package muninn.model;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import muninn.UserException;
import muninn.files.Json;

/**
 * A byte-level BPE tokenizer after {@code tokenizer.json}. Text is cut into tokens by Hugging
 * Face's own library; putting it together again is a table look-up and done here, which makes
 * streaming exact and costs a native call neither per token nor per answer.
 */
final class HuggingFaceTokenizer implements Tokenizer {
  private final TokenizerFile file;
  private final int[] prefix;
  private final TokenizersLibrary library;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private long handle;

  private HuggingFaceTokenizer(
      TokenizerFile file, int[] prefix, TokenizersLibrary library, long handle) {
    this.file = file;
    this.prefix = prefix;
    this.library = library;
    this.handle = handle;
  }

  /**
   * Builds the tokenizer.
   *
   * @param begin the begin token by {@code tokenizer_config.json}, for a file whose post-processor
   *     adds none; null for none
   */
  static Tokenizer open(TokenizerFile file, String begin) {
    TokenizersLibrary library = NativeTokenizers.library();
    long handle = build(file, library);
    try {
      checkAddedIds(file, library, handle);
      return new HuggingFaceTokenizer(file, prefix(file, begin), library, handle);
    } catch (Throwable e) {
      library.deleteTokenizer(handle);
      throw e;
    }
  }

  private static long build(TokenizerFile file, TokenizersLibrary library) {
    try {
      return library.createTokenizerFromString(file.json());
    } catch (RuntimeException e) {
      throw new UserException(
          file.file()
              + ": not a usable tokenizer: "
              + Json.shortened(String.valueOf(e.getMessage()))
              + "; download the file again",
          e);
    }
  }

  /**
   * The library numbers added tokens by itself where the file contradicts itself; then tables would
   * differ.
   */
  private static void checkAddedIds(TokenizerFile file, TokenizersLibrary library, long handle) {
    file.added()
        .forEach(
            (token, id) -> {
              Utf8Stream text = new Utf8Stream();
              text.accept(ByteAlphabet.bytes(token));
              if (!library.decode(handle, new long[] {id}, false).equals(text.finish())) {
                throw UserException.of(
                    "%s: added token %s has id %d, wanted the id that follows from the vocabulary;"
                        + " download the file again",
                    file.file(), Json.shortened(token), id);
              }
            });
  }

  private static int[] prefix(TokenizerFile file, String begin) {
    List<Integer> prefix = file.prefix();
    if (prefix.isEmpty() && begin != null && file.addedId(begin) != null) {
      prefix = List.of(file.addedId(begin));
    }
    return prefix.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public int[] encodePrompt(String text) {
    int[] ids = encodeRaw(text);
    if (ids.length >= prefix.length
        && Arrays.equals(ids, 0, prefix.length, prefix, 0, prefix.length)) {
      return ids;
    }
    return IntStream.concat(Arrays.stream(prefix), Arrays.stream(ids)).toArray();
  }

  @Override
  public int[] encodeRaw(String text) {
    lock.readLock().lock();
    try {
      long encoding = library.encode(open(), paired(text), false);
      try {
        return Arrays.stream(library.getTokenIds(encoding)).mapToInt(Math::toIntExact).toArray();
      } finally {
        library.deleteEncoding(encoding);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  private long open() {
    if (handle == 0) {
      throw new IllegalStateException("the tokenizer is closed");
    }
    return handle;
  }

  /** Half a surrogate pair has no UTF-8, and the library would spoil the whole text over it. */
  private static String paired(String text) {
    if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      return text;
    }
    StringBuilder paired = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? '\uFFFD' : c)
        .forEach(paired::appendCodePoint);
    return paired.toString();
  }

  @Override
  public String decode(int[] ids, boolean skipSpecial) {
    Utf8Stream text = new Utf8Stream();
    for (int id : ids) {
      accept(text, id, skipSpecial);
    }
    return text.finish();
  }

  @Override
  public StreamDecoder stream() {
    Utf8Stream text = new Utf8Stream();
    return new StreamDecoder() {
      @Override
      public String next(int id) {
        accept(text, id, true);
        return text.take();
      }

      @Override
      public String finish() {
        return text.finish();
      }
    };
  }

  /** Ids without a piece have no text, as in Hugging Face's own decoding. */
  private void accept(Utf8Stream text, int id, boolean skipSpecial) {
    String piece = file.pieces().get(id);
    if (piece != null && !(skipSpecial && file.special().contains(id))) {
      text.accept(ByteAlphabet.bytes(piece));
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (handle != 0) {
        library.deleteTokenizer(handle);
        handle = 0;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public String toString() {
    Path path = file.file();
    return "tokenizer of " + path;
  }
}
