package muninn.text;

import java.util.List;
import muninn.text.jinja.PythonText;

/**
 * Huginn's own chat format, for checkpoints that bring no template: the begin token once, then a
 * header and the trimmed text of each message; the assistant's name is Huginn.
 */
final class HuginnTemplate implements ChatTemplate {
  /** What a tokenizer must have for this format. */
  static final List<String> TOKENS =
      List.of("<|begin_text|>", "<|begin_header|>", "<|end_header|>", "<|end_turn|>");

  private static final String NAME = "Huginn";

  @Override
  public String render(List<Message> messages, boolean addGenerationPrompt) {
    StringBuilder text = new StringBuilder("<|begin_text|>");
    for (Message message : messages) {
      String role = message.role().equals("assistant") ? NAME : message.role();
      text.append(header(role)).append(PythonText.strip(message.content())).append("<|end_turn|>");
    }
    return text.append(addGenerationPrompt ? header(NAME) : "<|end_text|>").toString();
  }

  private static String header(String role) {
    return "<|begin_header|>" + role + "<|end_header|>\n\n";
  }
}
