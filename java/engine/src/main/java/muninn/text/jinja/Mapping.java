package muninn.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A dict: entries in the order in which they came, keys compared as Python does ({@code 1}, {@code
 * 1.0} and {@code true} are one key). It changes only while it is built.
 */
final class Mapping implements Value {
  /** Of a tuple that is a key, those in it included. */
  private static final int MAX_PARTS = 100;

  private final Map<Object, Entry> entries = new LinkedHashMap<>();

  record Entry(Value key, Value value) {}

  /** A key that stays and a value that is the last one put for it. */
  void put(Value key, Value value) {
    entries.merge(
        required(key), new Entry(key, value), (old, now) -> new Entry(old.key(), now.value()));
  }

  void put(String key, Value value) {
    put(new Text(key), value);
  }

  private static Object required(Value key) {
    Object hashable = hashable(key);
    if (hashable == null) {
      throw TemplateException.of("a %s cannot be a key", Value.type(key));
    }
    return hashable;
  }

  /** The value of a key, or null; what cannot be a key is refused. */
  Value get(Value key) {
    Entry entry = entries.get(required(key));
    return entry == null ? null : entry.value();
  }

  /** The value of a key; null where there is none, or it cannot be one. */
  Value find(Value key) {
    Entry entry = entries.get(hashable(key)); // none has null
    return entry == null ? null : entry.value();
  }

  Value get(String key) {
    Entry entry = entries.get(key);
    return entry == null ? null : entry.value();
  }

  int size() {
    return entries.size();
  }

  Iterable<Entry> entries() {
    return entries.values();
  }

  /** What a view of it shows, one element an entry. */
  Iterator<Value> iterator(View.Kind kind) {
    Iterator<Entry> all = entries.values().iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public Value next() {
        Entry entry = all.next();
        return switch (kind) {
          case KEYS -> entry.key();
          case VALUES -> entry.value();
          case ITEMS -> Items.tuple(entry.key(), entry.value());
        };
      }
    };
  }

  /**
   * What equals and hashes in Java as this key does in Python; null for what cannot be a key.
   * Tuples can, if they are small.
   */
  static Object hashable(Value key) {
    return hashable(key, new int[] {MAX_PARTS});
  }

  private static Object hashable(Value key, int[] left) {
    return switch (key) {
      case Text text -> text.chars();
      case Truth truth -> BigInteger.valueOf(truth.ordinal());
      case Whole whole -> whole.number();
      case Real real -> {
        double number = real.number();
        boolean whole = number == Math.rint(number) && !Double.isInfinite(number);
        yield whole ? new BigDecimal(number).toBigInteger() : (Object) number;
      }
      case Items items when items.tuple() -> {
        List<Object> all = new ArrayList<>();
        for (Value item : items.items()) {
          if (--left[0] < 0) {
            throw TemplateException.of("a key of more than %d parts", MAX_PARTS);
          }
          all.add(hashable(item, left));
        }
        yield all.contains(null) ? null : all;
      }
      case Undefined _ -> Undefined.class;
      case Items _, Mapping _, View _ -> null;
      default -> key;
    };
  }
}
