package muninn.text.jinja;

import java.time.Clock;
import java.util.List;
import java.util.Map;

/**
 * A chat template in the language Jinja 3.1, with the values of Python, set up as the published
 * loaders set it up: sandboxed, without files, with bounded work. Immutable and thread-safe; each
 * rendering has its own state.
 */
public final class Template {
  private final List<Statement> statements;

  private Template(List<Statement> statements) {
    this.statements = statements;
  }

  /**
   * Reads a template.
   *
   * @throws TemplateException saying what is wrong with it, and in which line
   */
  public static Template parse(String source) {
    return new Template(Parser.parse(source));
  }

  /**
   * The text of the template with these variables: texts, numbers, truth values, null for None,
   * lists, maps from texts.
   *
   * @param clock what {@code strftime_now} looks at
   * @throws TemplateException saying what cannot be rendered, or why the template refuses the
   *     variables
   */
  public String render(Map<String, ?> variables, Clock clock) {
    Conversion conversion = new Conversion();
    Mapping given = (Mapping) conversion.value(variables);
    Budget budget = new Budget(conversion.characters());
    Scope outer = new Scope(Functions.scope(clock, budget));
    given.entries().forEach(entry -> outer.set(((Value.Text) entry.key()).chars(), entry.value()));
    return new Renderer(budget).text(statements, new Scope(outer));
  }
}
