package muninn.text;

import java.time.Clock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import muninn.UserException;
import muninn.files.Json;
import muninn.text.jinja.Template;
import muninn.text.jinja.TemplateException;

/** A checkpoint's own chat template. It gets what the published loaders give to one. */
final class JinjaChatTemplate implements ChatTemplate {
  private final TokenizerConfig.Template source;
  private final SpecialTokens specialTokens;
  private final Template template;

  /**
   * Reads a template.
   *
   * @throws UserException saying what is wrong with it, and in which line
   */
  JinjaChatTemplate(TokenizerConfig.Template source, SpecialTokens specialTokens) {
    this.source = source;
    this.specialTokens = specialTokens;
    template = explained(() -> Template.parse(source.source()));
  }

  @Override
  public String render(List<Message> messages, boolean addGenerationPrompt) {
    Map<String, Object> variables = new HashMap<>(specialTokens.byName());
    variables.put("messages", messages.stream().map(JinjaChatTemplate::fields).toList());
    variables.put("tools", null);
    variables.put("documents", null);
    variables.put("add_generation_prompt", addGenerationPrompt);
    return explained(() -> template.render(variables, Clock.systemDefaultZone()));
  }

  private static Map<String, String> fields(Message message) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("role", message.role());
    fields.put("content", message.content());
    if (message.name() != null) {
      fields.put("name", message.name());
    }
    return fields;
  }

  private <T> T explained(Supplier<T> work) {
    try {
      return work.get();
    } catch (TemplateException e) {
      String what = Json.shortened(e.getMessage());
      throw e.isRaised()
          ? UserException.because(
              e,
              "%s: the chat template refuses these messages: %s; change them",
              source.file(),
              what)
          : UserException.because(
              e,
              "%s: the chat template cannot be rendered: %s; write the prompt out yourself, or give"
                  + " the folder a simpler chat_template.jinja",
              source.file(),
              what);
    }
  }
}
