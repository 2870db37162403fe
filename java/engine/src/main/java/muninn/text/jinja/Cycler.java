package muninn.text.jinja;

import java.util.List;

/** Goes round its items, one at each call of {@code next()}. */
final class Cycler implements Value {
  private final List<Value> items;
  private int position;

  Cycler(List<Value> items) {
    if (items.isEmpty()) {
      throw TemplateException.of("cycler() without an item");
    }
    this.items = items;
  }

  /** Null where it has no such attribute. */
  Value attribute(String name) {
    return switch (name) {
      case "current" -> items.get(position);
      case "items" -> new Items(items, true);
      case "pos" -> Whole.of(position);
      case "next" ->
          Callable.of(
              "next",
              _ -> {
                Value now = items.get(position);
                position = (position + 1) % items.size();
                return now;
              });
      case "reset" ->
          Callable.of(
              "reset",
              _ -> {
                position = 0;
                return None.NONE;
              });
      default -> null;
    };
  }
}
