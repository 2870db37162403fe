package muninn.model;

import java.util.List;

/** Renders a conversation as the prompt a checkpoint was trained on. */
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
  String render(List<Message> messages);
}
