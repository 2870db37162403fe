package muninn.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** Attributes that a template may set wherever it is, even from inside a loop. */
final class Namespace implements Value {
  final Map<String, Value> attributes = new LinkedHashMap<>();
}
