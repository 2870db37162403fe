package muninn.text;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import muninn.UserException;
import muninn.files.Json;

/**
 * Byte-pair encoding (Sennrich et al. 2016): a piece begins as the tokens of its characters, and
 * neighbours are merged in the order of {@link Merges}. Immutable but for what it remembers.
 */
final class Bpe {
  /** Characters in a row that may belong to one token; a longer row is not text. */
  private static final int MOST_CHARACTERS = 1 << 22;

  private static final int NONE = -1;

  /** Pieces up to here are not worth looking for seams in. */
  private static final int SHORT = 32;

  private final Path file;
  private final Vocabulary vocabulary;
  private final Merges merges;
  private final Options options;
  private final Seams seams;
  private final int[] characters;
  private final int[] bytes;
  private final int unknown;
  private final PieceCache cache = new PieceCache();

  /**
   * What a model does beside merging.
   *
   * @param unknown the token for what has none, or null: that is left out
   * @param fuseUnknown whether several of them in a row are one token
   * @param byteFallback whether what has no token is written as its bytes, {@code <0x00>} to {@code
   *     <0xFF>}
   * @param wholePieces whether a piece that is in the vocabulary is that token, merges or not
   */
  record Options(String unknown, boolean fuseUnknown, boolean byteFallback, boolean wholePieces) {}

  Bpe(Path file, Vocabulary vocabulary, Merges merges, Seams seams, Options options) {
    this.file = file;
    this.vocabulary = vocabulary;
    this.merges = merges;
    this.options = options;
    this.seams = seams;
    characters = characters(vocabulary);
    bytes = options.byteFallback ? bytes(vocabulary) : null;
    unknown = options.unknown == null ? NONE : vocabulary.id(options.unknown);
  }

  /** The tokens of the characters up to the last that has one of its own. */
  private static int[] characters(Vocabulary vocabulary) {
    int[] characters = new int[Character.MAX_VALUE + 1];
    Arrays.fill(characters, NONE);
    for (int id = 0; id < vocabulary.bound(); id++) {
      String piece = vocabulary.piece(id);
      if (piece != null && piece.length() == 1) {
        characters[piece.charAt(0)] = id;
      }
    }
    return characters;
  }

  private static int[] bytes(Vocabulary vocabulary) {
    int[] bytes = new int[256];
    for (int b = 0; b < bytes.length; b++) {
      bytes[b] = vocabulary.id(String.format(Locale.ROOT, "<0x%02X>", b));
    }
    return bytes;
  }

  /** A stage that adds the tokens of the pieces it takes to a list. */
  TextStage writer(Ids ids) {
    Word word = new Word(merges);
    return (text, from, to, first) -> {
      int whole = options.wholePieces ? vocabulary.id(text, from, to) : NONE;
      if (whole != NONE) {
        ids.add(whole);
        return;
      }
      int begin = from;
      if (to - from > SHORT) {
        for (int end = from + 1; end < to; end++) {
          if (isSeam(text, end)) {
            part(text, begin, end, word, ids);
            begin = end;
          }
        }
      }
      part(text, begin, to, word, ids);
    };
  }

  /** Whether no token can reach over this place. */
  private boolean isSeam(char[] text, int place) {
    char left = text[place - 1];
    char right = text[place];
    return !seams.mayJoin(left, right) && characters[left] != NONE && characters[right] != NONE;
  }

  private void part(char[] text, int from, int to, Word word, Ids ids) {
    boolean keep = to - from <= PieceCache.MOST_CHARACTERS;
    int[] tokens = keep ? cache.get(text, from, to) : null;
    if (tokens == null) {
      begin(text, from, to, word);
      tokens = word.merge();
      if (keep) {
        cache.put(text, from, to, tokens);
      }
    }
    ids.addAll(tokens);
  }

  /** The tokens of the single characters. */
  private void begin(char[] text, int from, int to, Word word) {
    if (to - from > MOST_CHARACTERS) {
      throw UserException.of(
          "%s: the text has %,d characters in a row without a place to cut them, wanted at most"
              + " %,d; shorten it",
          file, to - from, MOST_CHARACTERS);
    }
    word.clear();
    int waiting = NONE;
    for (int i = from; i < to; ) {
      int length = Character.isHighSurrogate(text[i]) && i + 1 < to ? 2 : 1;
      int token = length == 1 ? characters[text[i]] : vocabulary.id(text, i, i + 2);
      if (token != NONE) {
        if (waiting != NONE) {
          word.add(waiting);
          waiting = NONE;
        }
        word.add(token);
      } else if (!fallBack(text, i, length, word)) {
        if (waiting != NONE && !options.fuseUnknown) {
          word.add(waiting);
        }
        waiting = unknown(text, i, length);
      }
      i += length;
    }
    if (waiting != NONE) {
      word.add(waiting);
    }
  }

  /** Writes a character as its bytes, if all of them have a token. */
  private boolean fallBack(char[] text, int at, int length, Word word) {
    if (bytes == null) {
      return false;
    }
    byte[] utf8 = new String(text, at, length).getBytes(StandardCharsets.UTF_8);
    for (byte b : utf8) {
      if (bytes[b & 0xff] == NONE) {
        return false;
      }
    }
    for (byte b : utf8) {
      word.add(bytes[b & 0xff]);
    }
    return true;
  }

  private int unknown(char[] text, int at, int length) {
    if (unknown == NONE && options.unknown != null) {
      throw UserException.of(
          "%s: the text has %s, which is in no piece, and field model.unk_token names %s, which is"
              + " none either; use a checkpoint whose tokenizer knows this text",
          file, Json.shortened(new String(text, at, length)), Json.shortened(options.unknown));
    }
    return unknown;
  }
}
