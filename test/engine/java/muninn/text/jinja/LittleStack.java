package muninn.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** Renders on half of the stack that threads usually have, and does not wait for ever. */
final class LittleStack {
  private static final int BYTES = 512 << 10;

  /** Far beyond what any of them takes, on a busy machine too. */
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private LittleStack() {}

  /** Ends with a text or a sentence; nothing else is thrown. */
  static String render(String template, Map<String, Object> variables) {
    AtomicReference<Object> end = new AtomicReference<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                end.set(Template.parse(template).render(variables, JinjaFixture.CLOCK));
              } catch (TemplateException e) {
                end.set(e);
              } catch (Throwable e) {
                end.set(new AssertionError("threw " + e, e));
              }
            },
            "little stack",
            BYTES);
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    String shown = template.length() > 500 ? template.substring(0, 500) + "…" : template;
    assertThat(thread.isAlive()).as("goes on: %s", shown).isFalse();
    return switch (end.get()) {
      case AssertionError error -> throw new AssertionError(shown, error);
      case TemplateException refused -> {
        assertThat(refused.getMessage()).as(shown).isNotBlank();
        yield "refused: " + refused.getMessage();
      }
      default -> (String) end.get();
    };
  }
}
