package muninn.text.jinja;

import java.util.HashMap;
import java.util.Map;

/**
 * Variables by name, and where to look on for others. What a template sets inside a loop, a macro
 * or a block stays in its scope; an {@code if} has none of its own.
 */
final class Scope {
  private final Scope around; // null for the outermost
  private Map<String, Value> values; // null as long as there is none

  Scope(Scope around) {
    this.around = around;
  }

  /** The value of a variable, or null. */
  Value get(String name) {
    for (Scope scope = this; scope != null; scope = scope.around) {
      Value value = scope.values == null ? null : scope.values.get(name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  void set(String name, Value value) {
    if (values == null) {
      values = new HashMap<>();
    }
    values.put(name, value);
  }
}
