package muninn.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import muninn.UserException;
import muninn.text.ChatTemplate;
import muninn.text.StopTokens;
import muninn.text.Tokenizer;
import muninn.text.TokenizerConfig;
import muninn.text.TokenizerFile;

/**
 * What a checkpoint's folder says of text, each part read when it is first asked for, since a run
 * on token ids needs none of it. Safe for use by several threads.
 */
final class CheckpointText {
  private final Path directory;
  private final Config config;
  private Optional<TokenizerFile> file;
  private UserException refusal;
  private Optional<Tokenizer> tokenizer;
  private ChatTemplate chatTemplate;
  private Set<Integer> stopTokens;

  CheckpointText(Path directory, Config config) {
    this.directory = directory;
    this.config = config;
  }

  /**
   * The tokenizer, loaded at first use; empty where the folder has no {@code tokenizer.json}.
   *
   * @throws UserException when the tokenizer is broken, of another kind, or larger than the
   *     embedding
   */
  synchronized Optional<Tokenizer> tokenizer() {
    if (tokenizer == null) {
      String begin = TokenizerConfig.read(directory).begin().orElse(null);
      tokenizer = file().map(read -> read.open(begin, config.blockSize()));
    }
    return tokenizer;
  }

  /** Read once, refused as often as it is asked for: each line of a job may ask. */
  private synchronized Optional<TokenizerFile> file() {
    if (refusal != null) {
      throw refusal;
    }
    if (file == null) {
      Path path = directory.resolve(TokenizerFile.NAME);
      try {
        file =
            Files.exists(path)
                ? Optional.of(TokenizerFile.read(path, config.vocabulary()))
                : Optional.empty();
      } catch (UserException e) {
        refusal = e;
        throw e;
      }
    }
    return file;
  }

  /**
   * The folder's own chat template ({@code chat_template.jinja}, or the one in {@code
   * tokenizer_config.json}), or Huginn's where the tokenizer has its special tokens; read at first
   * use.
   *
   * @throws UserException when the file that should hold it is broken, or there is none
   */
  synchronized ChatTemplate chatTemplate() {
    if (chatTemplate == null) {
      chatTemplate =
          ChatTemplate.of(
              directory,
              TokenizerConfig.read(directory),
              text -> file().map(read -> read.addedId(text)).isPresent());
    }
    return chatTemplate;
  }

  /**
   * Tokens at which generation stops by default: {@code eos_token_id} of {@code config.json} and
   * {@code generation_config.json}, {@code eos_token} of {@code tokenizer_config.json}, and the
   * tokenizer's {@code <|end_text|>}, {@code <|end_turn|>} and {@code <|begin_text|>}; empty where
   * the folder names none. Read at first use.
   *
   * @throws UserException when one of these files is broken
   */
  synchronized Set<Integer> stopTokens() {
    if (stopTokens == null) {
      stopTokens = StopTokens.read(directory, config.vocabulary(), file().map(read -> read::id));
    }
    return stopTokens;
  }
}
