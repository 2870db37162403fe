package muninn.model;

import java.util.List;

/** Renders a conversation as the prompt a checkpoint was trained on. Thread-safe. */
public interface ChatTemplate {

  /**
   * One message; roles are {@code system}, {@code user}, {@code assistant} (or the model's own
   * name).
   */
  record Message(String role, String content) {}

  /**
   * The prompt text, special tokens spelled out, ending where the assistant is to speak.
   *
   * @throws muninn.UserException when the checkpoint's template cannot be rendered, naming what in
   *     it
   */
  default String render(List<Message> messages) {
    return render(messages, true);
  }

  /**
   * The text of a conversation, special tokens spelled out.
   *
   * @param addGenerationPrompt whether it ends where the assistant is to speak, or where the talk
   *     is over
   * @throws muninn.UserException when the checkpoint's template cannot be rendered, naming what in
   *     it
   */
  String render(List<Message> messages, boolean addGenerationPrompt);
}
