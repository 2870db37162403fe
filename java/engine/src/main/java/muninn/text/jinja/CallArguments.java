package muninn.text.jinja;

import java.util.List;
import java.util.Map;
import muninn.text.jinja.Value.None;
import muninn.text.jinja.Value.Text;
import muninn.text.jinja.Value.Truth;
import muninn.text.jinja.Value.Undefined;
import muninn.text.jinja.Value.Whole;

/** What a call passes: values by place, then values by name. */
record CallArguments(List<Value> positional, Map<String, Value> named) {
  static final CallArguments NONE = new CallArguments(List.of(), Map.of());

  static CallArguments of(Value... positional) {
    return new CallArguments(List.of(positional), Map.of());
  }

  /** All but the first few by place. */
  CallArguments from(int first) {
    return new CallArguments(positional.subList(first, positional.size()), named);
  }

  /**
   * Puts the arguments in the order of a function's parameters, as Python does.
   *
   * @param required how many of them must be given
   */
  Bound bind(String callee, int required, String... parameters) {
    Value[] values = new Value[parameters.length];
    if (positional.size() > parameters.length) {
      throw TemplateException.of(
          "%s takes at most %d arguments, found %d", callee, parameters.length, positional.size());
    }
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    named.forEach(
        (name, value) -> {
          int i = List.of(parameters).indexOf(name);
          if (i < 0 || values[i] != null) {
            throw TemplateException.of(
                "%s %s argument '%s'", callee, i < 0 ? "takes no" : "is given twice the", name);
          }
          values[i] = value;
        });
    for (int i = 0; i < required; i++) {
      if (values[i] == null) {
        throw TemplateException.of("%s lacks its argument '%s'", callee, parameters[i]);
      }
    }
    return new Bound(callee, values);
  }

  /** Arguments in the order of the parameters; null where one is not given. */
  record Bound(String callee, Value[] values) {
    Value get(int i) {
      return values[i];
    }

    Value get(int i, Value ifMissing) {
      return values[i] == null ? ifMissing : values[i];
    }

    boolean truth(int i, boolean ifMissing) {
      return values[i] == null ? ifMissing : Value.truth(values[i]);
    }

    /** Whether it is missing or None, which many functions take for the same. */
    boolean isNone(int i) {
      return values[i] == null || values[i] == None.NONE;
    }

    /** A text that must be one. */
    String text(int i) {
      return switch (values[i]) {
        case Text text -> text.chars();
        case Undefined undefined -> throw undefined.used();
        default -> throw wrong(i, "a text");
      };
    }

    String text(int i, String ifMissing) {
      return values[i] == null ? ifMissing : text(i);
    }

    /** A whole number (or a bool) that must be one; what no int holds becomes the nearest int. */
    int whole(int i, int ifMissing) {
      return switch (values[i]) {
        case null -> ifMissing;
        case Whole whole -> PythonNumbers.clamp(whole.number());
        case Truth truth -> truth.ordinal();
        case Undefined undefined -> throw undefined.used();
        default -> throw wrong(i, "a whole number");
      };
    }

    private TemplateException wrong(int i, String wanted) {
      return TemplateException.of(
          "argument %d of %s is of type %s, wanted %s",
          i + 1, callee, Value.type(values[i]), wanted);
    }
  }
}
