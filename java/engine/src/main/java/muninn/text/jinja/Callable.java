package muninn.text.jinja;

/** What a template can call: functions, methods of values, macros. */
non-sealed interface Callable extends Value {

  Value call(CallArguments arguments);

  /** What errors call it, and what printing it names. */
  String name();

  /** A callable of this name. */
  static Callable of(String name, java.util.function.Function<CallArguments, Value> body) {
    return new Callable() {
      @Override
      public Value call(CallArguments arguments) {
        return body.apply(arguments);
      }

      @Override
      public String name() {
        return name;
      }
    };
  }
}
