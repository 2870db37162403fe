package muninn.text.jinja;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;

/**
 * What a template computes with: Python's values as far as templates meet them. All but namespaces,
 * loops, cyclers and streams never change, as the sandbox of the published loaders wants it.
 */
sealed interface Value
    permits Value.Text,
        Value.Whole,
        Value.Real,
        Value.Truth,
        Value.None,
        Value.Undefined,
        Value.Items,
        Value.Range,
        Value.View,
        Value.Stream,
        Mapping,
        Namespace,
        Loop,
        Cycler,
        Callable {

  /**
   * A str.
   *
   * @param safe whether it counts as HTML, which escapes what is added to it
   */
  record Text(String chars, boolean safe) implements Value {
    static final Text EMPTY = new Text("");

    Text(String chars) {
      this(chars, false);
    }
  }

  /** An int. */
  record Whole(BigInteger number) implements Value {
    static Whole of(long number) {
      return new Whole(BigInteger.valueOf(number));
    }
  }

  /** A float. */
  record Real(double number) implements Value {}

  /** A bool. */
  enum Truth implements Value {
    FALSE,
    TRUE;

    static Truth of(boolean value) {
      return value ? TRUE : FALSE;
    }
  }

  /** None. */
  enum None implements Value {
    NONE
  }

  /**
   * What was looked for and not found: prints as nothing, counts as false, and nothing can be done
   * with it.
   *
   * @param before what an attempt to do something with it is told, up to the name
   * @param name what was looked for; of any length
   * @param after the rest
   */
  record Undefined(String before, String name, String after) implements Value {
    private static final int MOST_SHOWN = 60;

    Undefined(String why) {
      this(why, "", "");
    }

    TemplateException used() {
      return TemplateException.of("%s", why());
    }

    String why() {
      boolean cut = name.length() > MOST_SHOWN;
      return before + (cut ? name.substring(0, MOST_SHOWN) + "…" : name) + after;
    }
  }

  /** A list or a tuple. */
  record Items(List<Value> items, boolean tuple) implements Value {
    static Items list(List<Value> items) {
      return new Items(items, false);
    }

    static Items tuple(Value... items) {
      return new Items(List.of(items), true);
    }
  }

  /** Whole numbers from {@code start} on, {@code size} of them, {@code step} apart. */
  record Range(long start, long stop, long step, int size) implements Value {
    Value get(int index) {
      return Whole.of(start + index * step);
    }
  }

  /** The keys, values or entries of a dict. */
  record View(Kind kind, Mapping of) implements Value {
    enum Kind {
      KEYS,
      VALUES,
      ITEMS
    }
  }

  /** A generator or an iterator: it can be gone through once, and has no length. */
  record Stream(Iterator<Value> iterator) implements Value {}

  /** Python's name for the type of a value. */
  static String type(Value value) {
    return switch (value) {
      case Text _ -> "str";
      case Whole _ -> "int";
      case Real _ -> "float";
      case Truth _ -> "bool";
      case None _ -> "None";
      case Undefined _ -> "Undefined";
      case Items items -> items.tuple() ? "tuple" : "list";
      case Range _ -> "range";
      case View _ -> "dict view";
      case Stream _ -> "generator";
      case Mapping _ -> "dict";
      case Namespace _ -> "namespace";
      case Loop _ -> "loop";
      case Cycler _ -> "cycler";
      case Callable _ -> "function";
    };
  }

  /** Whether a condition holds that comes to this value. */
  static boolean truth(Value value) {
    return switch (value) {
      case Text text -> !text.chars().isEmpty();
      case Whole whole -> whole.number().signum() != 0;
      case Real real -> real.number() != 0;
      case Truth truth -> truth == Truth.TRUE;
      case None _, Undefined _ -> false;
      case Items items -> !items.items().isEmpty();
      case Range range -> range.size() != 0;
      case View view -> view.of().size() != 0;
      case Mapping mapping -> mapping.size() != 0;
      case Loop loop -> loop.length() != 0;
      case Stream _, Namespace _, Cycler _, Callable _ -> true;
    };
  }
}
