package muninn.model;

import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import muninn.UserException;
import muninn.files.Json;

/**
 * A checkpoint's own chat template, rendered by Jinjava inside the fence of {@link
 * JinjaEnvironment}. Whatever the two Jinjas do not share is refused by name: a wrong prompt would
 * go unnoticed. Jinjava is loaded at the first rendering only.
 */
final class JinjaTemplate implements ChatTemplate {
  /** A character that no text holds (Unicode 16, section 23.7). */
  private static final String MARK = "\uFDD0";

  private final TokenizerConfig.Template template;
  private final Map<String, String> specialTokens;

  JinjaTemplate(TokenizerConfig.Template template, Map<String, String> specialTokens) {
    this.template = template;
    this.specialTokens = specialTokens;
  }

  @Override
  public String render(List<Message> messages, boolean addGenerationPrompt) {
    Map<String, Object> context = new HashMap<>(specialTokens);
    context.put("add_generation_prompt", addGenerationPrompt);
    context.put("messages", messages.stream().map(JinjaTemplate::fields).toList());
    RenderResult result;
    try {
      JinjaSource source = JinjaSource.parse(template.source());
      JinjaScreen.find(source).ifPresent(this::refuse);
      result = JinjaEnvironment.create().renderForResult(source.text(), context);
    } catch (UserException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw failure(e instanceof IllegalArgumentException ? e.getMessage() : e.toString(), e);
    }
    for (TemplateError error : result.getErrors()) {
      throw failure(describe(error), error.getException());
    }
    return result.getOutput().replace(MARK, "");
  }

  private static Map<String, String> fields(Message message) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("role", message.role());
    // Jinjava takes the text "false" for something false; no other text.
    boolean marked = message.content().equalsIgnoreCase("false");
    fields.put("content", marked ? message.content() + MARK : message.content());
    return fields;
  }

  private void refuse(String construct) {
    throw failure(construct, null);
  }

  private UserException failure(String what, Throwable cause) {
    Optional<String> raised = JinjaEnvironment.raised(cause);
    if (raised.isPresent()) {
      return UserException.because(
          cause,
          "%s: the chat template refuses these messages: %s; change them",
          template.file(),
          Json.shortened(raised.get()));
    }
    return new UserException(
        String.format(
                Locale.ROOT,
                "%s: the chat template cannot be rendered: %s; write the prompt out yourself, or"
                    + " give the folder a",
                template.file(),
                Json.shortened(what))
            + " simpler chat_template.jinja",
        cause);
  }

  private static String describe(TemplateError error) {
    Throwable deepest = error.getException();
    while (deepest != null && deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    String said = error.getMessage() == null ? error.getReason().name() : error.getMessage();
    String message = deepest instanceof IllegalArgumentException ? deepest.getMessage() : said;
    String line = error.getLineno() > 0 ? " (line " + error.getLineno() + ")" : "";
    return String.valueOf(message).lines().findFirst().orElse("") + line;
  }
}
