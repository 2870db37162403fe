package muninn.text;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import muninn.UserException;

/** Renders a conversation as the prompt a checkpoint was trained on. Thread-safe. */
public interface ChatTemplate {

  /**
   * One message; roles are {@code system}, {@code user}, {@code assistant} (or the model's own
   * name).
   *
   * @param name of who speaks, for templates that tell it; null for none
   */
  record Message(String role, String content, String name) {
    public Message(String role, String content) {
      this(role, content, null);
    }
  }

  /**
   * The template of a checkpoint: its own, or Huginn's for one that has Huginn's special tokens.
   *
   * @param isSpecial whether the checkpoint's tokenizer has a special token of this text
   * @throws UserException when the template cannot be read, or there is none
   */
  static ChatTemplate of(Path directory, TokenizerConfig config, Predicate<String> isSpecial) {
    Optional<TokenizerConfig.Template> template = config.template();
    if (template.isPresent()) {
      return new JinjaChatTemplate(template.get(), config.specialTokens());
    }
    if (HuginnTemplate.TOKENS.stream().allMatch(isSpecial)) {
      return new HuginnTemplate();
    }
    throw UserException.of(
        "%s: says nothing about how a conversation is written for this model: put its"
            + " chat_template.jinja there, or give the whole prompt as text, without chat",
        directory);
  }

  /**
   * The prompt text, special tokens spelled out, ending where the assistant is to speak.
   *
   * @throws UserException when the checkpoint's template cannot be rendered, naming what in it
   */
  default String render(List<Message> messages) {
    return render(messages, true);
  }

  /**
   * The text of a conversation, special tokens spelled out.
   *
   * @param addGenerationPrompt whether it ends where the assistant is to speak, or where the talk
   *     is over
   * @throws UserException when the checkpoint's template cannot be rendered, naming what in it
   */
  String render(List<Message> messages, boolean addGenerationPrompt);
}
