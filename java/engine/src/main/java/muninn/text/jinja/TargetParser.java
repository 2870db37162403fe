package muninn.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import muninn.text.jinja.Statement.Target;

/** Reads what values are given to, in {@code set}, {@code for} and {@code with}. */
final class TargetParser {
  static final Set<String> CONSTANTS = Set.of("true", "True", "false", "False", "none", "None");

  private final TemplateTokens tokens;

  /** Loops around this place: inside, nothing can be called {@code loop}. */
  private int loops;

  TargetParser(TemplateTokens tokens) {
    this.tokens = tokens;
  }

  void enterLoop() {
    loops++;
  }

  void leaveLoop() {
    loops--;
  }

  /**
   * What a value is given to.
   *
   * @param attributes whether it may be an attribute of a namespace
   * @param end a name that may end it; null for none
   */
  Target target(boolean attributes, String end) {
    List<Target> targets = new ArrayList<>();
    boolean several = false;
    while (!isTargetEnd(end)) {
      targets.add(single(attributes));
      if (!tokens.skipOperator(",")) {
        break;
      }
      several = true;
    }
    if (targets.isEmpty()) {
      throw tokens.wrong("a name");
    }
    return several ? new Target.Several(List.copyOf(targets)) : targets.getFirst();
  }

  private boolean isTargetEnd(String end) {
    TemplateToken now = tokens.now();
    return now.kind() == TemplateToken.Kind.END_TAG
        || now.isOperator(")")
        || end != null && now.isName(end);
  }

  private Target single(boolean attributes) {
    tokens.enter();
    Target target;
    if (tokens.skipOperator("(")) {
      target = tokens.isOperator(")") ? new Target.Several(List.of()) : target(false, null);
      tokens.takeOperator(")");
    } else {
      String name = tokens.take(TemplateToken.Kind.NAME).text();
      if (attributes && tokens.skipOperator(".")) {
        target = new Target.Attribute(name, tokens.take(TemplateToken.Kind.NAME).text());
      } else {
        target = new Target.Name(assignable(name));
      }
    }
    tokens.leave();
    return target;
  }

  /** A name that may get a value there. */
  String assignable(String name) {
    if (CONSTANTS.contains(name) || name.equals("loop") && loops > 0) {
      throw tokens.error("'%s' cannot be given a value", name);
    }
    return name;
  }
}
