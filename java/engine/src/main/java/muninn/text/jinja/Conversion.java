package muninn.text.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import muninn.text.jinja.Value.Items;
import muninn.text.jinja.Value.None;
import muninn.text.jinja.Value.Real;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Whole;

/** Turns what a caller gives into a template's values, and counts how much it is. */
final class Conversion {
  private long characters;

  long characters() {
    return characters;
  }

  Value value(Object object) {
    characters++;
    return switch (object) {
      case null -> None.NONE;
      case String text -> {
        characters += text.length();
        yield new Text(text);
      }
      case Boolean truth -> Truth.of(truth);
      case BigInteger number -> new Whole(number);
      case Integer number -> Whole.of(number);
      case Long number -> Whole.of(number);
      case Double number -> new Real(number);
      case List<?> list -> {
        List<Value> items = new ArrayList<>(list.size());
        list.forEach(item -> items.add(value(item)));
        yield Items.list(items);
      }
      case Map<?, ?> map -> {
        Mapping mapping = new Mapping();
        map.forEach((key, entry) -> mapping.put((String) key, value(entry)));
        yield mapping;
      }
      default -> throw new IllegalArgumentException("no value of a template: " + object.getClass());
    };
  }
}
