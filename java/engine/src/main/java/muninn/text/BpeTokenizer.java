package muninn.text;

import java.util.Arrays;
import java.util.Map;
import muninn.UserException;
import muninn.text.regex.Steps;

/**
 * The tokenizer that a {@code tokenizer.json} describes: added tokens are cut out of a text, the
 * rest is normalized, cut into pieces, and each piece encoded by the model. A text takes a bounded
 * number of steps, or is refused.
 */
final class BpeTokenizer implements Tokenizer {
  /** Steps of patterns and normalizers that any text may take, and more for each character. */
  private static final long STEPS = 100_000_000;

  private static final long STEPS_PER_CHARACTER = 64;

  private final TokenizerFile file;
  private final int[] prefix;
  private final int blockSize;
  private final int longestPiece;
  private final boolean[] special;

  BpeTokenizer(TokenizerFile file, int[] prefix, int blockSize) {
    this.file = file;
    this.prefix = prefix;
    this.blockSize = blockSize;
    String[] pieces = file.pieces();
    special = new boolean[pieces.length];
    int longest = 1;
    for (int id = 0; id < pieces.length; id++) {
      if (pieces[id] != null) {
        special[id] = file.isSpecial(pieces[id]);
        longest = Math.max(longest, ByteAlphabet.bytes(pieces[id]).length);
      }
    }
    longestPiece = longest;
  }

  @Override
  public int[] encodePrompt(String text) {
    Ids ids = new Ids();
    ids.addAll(prefix);
    encode(text, ids);
    int[] all = ids.from(0);
    int[] raw = ids.from(prefix.length);
    boolean spelledOut =
        raw.length >= prefix.length
            && Arrays.equals(raw, 0, prefix.length, prefix, 0, prefix.length);
    return spelledOut ? raw : all;
  }

  @Override
  public int[] encodeRaw(String text) {
    Ids ids = new Ids();
    encode(text, ids);
    return ids.from(0);
  }

  private void encode(String text, Ids ids) {
    if (text.length() > (long) blockSize * longestPiece) {
      throw UserException.of(
          "the text has %,d characters; the model takes %,d tokens (block_size), which are at most"
              + " %,d characters each: shorten it",
          text.length(), blockSize, longestPiece);
    }
    Steps steps = new Steps(STEPS + STEPS_PER_CHARACTER * text.length());
    TextStage stages = file.preTokenizer().before(file.model().writer(ids), steps);
    try {
      file.raw()
          .split(
              Stretch.of(paired(text)),
              stretch -> encode(stretch, stages, ids, steps),
              ids::add,
              steps);
    } catch (Steps.ExhaustedException e) {
      throw UserException.because(
          e,
          "%s: tokenizing a text of %,d characters takes %s: shorten it, or use another checkpoint",
          file.file(),
          text.length(),
          e.getMessage());
    }
  }

  /** What lies between two added tokens. */
  private void encode(Stretch stretch, TextStage stages, Ids ids, Steps steps) {
    Stretch normalized = file.normalizer().apply(stretch, steps);
    steps.take(normalized.text().length());
    file.normalized()
        .split(
            normalized,
            part -> {
              char[] characters = part.text().toCharArray();
              stages.take(characters, 0, characters.length, part.first());
            },
            ids::add,
            steps);
  }

  /** Half a surrogate pair is no text; it becomes a replacement character. */
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
    Answer answer = new Answer(skipSpecial);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(answer.next(id));
    }
    return text.append(answer.finish()).toString();
  }

  @Override
  public Map<String, Integer> specialTokens() {
    return file.specialTokens();
  }

  @Override
  public StreamDecoder stream() {
    return new Answer(true);
  }

  @Override
  public String toString() {
    return "tokenizer of " + file.file();
  }

  /** The text of one answer as its tokens come. */
  private final class Answer implements StreamDecoder, Flow {
    private final boolean skipSpecial;
    private final Flow pieces = file.decoder().before(this);
    private final StringBuilder text = new StringBuilder();

    Answer(boolean skipSpecial) {
      this.skipSpecial = skipSpecial;
    }

    /** Ids without a piece have no text, as in Hugging Face's own decoding. */
    @Override
    public String next(int id) {
      String piece = id >= 0 && id < special.length ? file.pieces()[id] : null;
      if (piece != null && !(skipSpecial && special[id])) {
        pieces.text(piece);
        pieces.endOfPiece();
      }
      return taken();
    }

    @Override
    public String finish() {
      pieces.end();
      return taken();
    }

    private String taken() {
      String taken = text.toString();
      text.setLength(0);
      return taken;
    }

    @Override
    public void text(String more) {
      text.append(more);
    }

    @Override
    public void endOfPiece() {}

    @Override
    public void end() {}
  }
}
