package muninn.text;

import java.util.Map;

/** Text to token ids and back, after a checkpoint's {@code tokenizer.json}. Thread-safe. */
public interface Tokenizer {

  /**
   * Ids of a prompt to be continued: the begin token where the checkpoint has one, never the end
   * token.
   *
   * @throws muninn.UserException when the text is too long for the model
   */
  int[] encodePrompt(String text);

  /**
   * Ids of text that already spells its special tokens (a rendered chat template); nothing is
   * added.
   *
   * @throws muninn.UserException as in {@link #encodePrompt}
   */
  int[] encodeRaw(String text);

  /** The whole text of some ids. */
  String decode(int[] ids, boolean skipSpecial);

  /** A decoder that is fed one id at a time and never answers half a character. */
  StreamDecoder stream();

  /** The special tokens, which text that is decoded for reading leaves out: ids by their texts. */
  Map<String, Integer> specialTokens();

  /** Incremental decoding of one answer; special tokens are skipped. Not thread-safe. */
  interface StreamDecoder {
    /** The text that this id completes; may be empty. */
    String next(int id);

    /**
     * What is left when the answer ends: an incomplete character becomes U+FFFD as in {@code
     * decode}.
     */
    String finish();
  }
}
