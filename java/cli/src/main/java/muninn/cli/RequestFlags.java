package muninn.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.ShellCompletion;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;
import muninn.engine.RequestCheck;
import muninn.engine.request.AnswerOptions;
import muninn.engine.request.KnownExit;
import muninn.engine.request.OptionType;
import muninn.engine.request.Options;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import muninn.engine.request.SamplingOptions;
import muninn.engine.request.ThinkingOptions;

/**
 * The options of a request on the command line: those of {@link RequestOptions}, spelled with
 * dashes. How an answer is thought out and drawn has the same name and help in every command.
 */
final class RequestFlags {
  /** By the options' own names, for comparing options by value takes a while at a start. */
  private static final Map<String, Character> LETTERS =
      Map.of(
          ThinkingOptions.STEPS.name(), 's',
          SamplingOptions.MAX_TOKENS.name(), 'n',
          SamplingOptions.TEMPERATURE.name(), 't');

  private static final Map<String, Option<?>> ALL = all();

  static final Option<Integer> STEPS = of(ThinkingOptions.STEPS);
  static final Option<Float> TEMPERATURE = of(SamplingOptions.TEMPERATURE);
  static final Option<Long> SEED = of(SamplingOptions.SEED);
  static final Option<Float> INIT_SCALE = of(SamplingOptions.INIT_SCALE);

  /** Only where answers are written as JSON. */
  static final Option<Integer> LOGPROBS = of(AnswerOptions.LOGPROBS);

  static final Group SAMPLING = group("Sampling", RequestOption.Group.SAMPLING);

  /** How many answers there are, and what is told of them. */
  static final Group ANSWER = group("Answer", RequestOption.Group.ANSWER);

  /** The steps first. */
  static final Group THINKING = group("Thinking", RequestOption.Group.THINKING);

  private final Arguments given;
  private final List<RequestOption.Stated<?>> stated = new ArrayList<>();

  /**
   * What the options say.
   *
   * @throws UsageException where that means nothing
   */
  RequestFlags(Arguments given) {
    this.given = given;
    RequestOptions.ALL.forEach(this::state);
    try {
      // What depends on the steps is looked at where they are known.
      Options options = over(Options.DEFAULT);
      RequestCheck.options(given.has(STEPS) ? options : options.withSteps(Integer.MAX_VALUE));
    } catch (UserException e) {
      throw new UsageException(named(e.getMessage()), e);
    }
  }

  /** The flag of an option. */
  @SuppressWarnings("unchecked") // made of this very option
  static <T> Option<T> of(RequestOption<T> option) {
    return (Option<T>) ALL.get(option.name());
  }

  /** The steps asked for, 0 when it is left to the model. */
  int steps() {
    return given.has(STEPS) ? given.get(STEPS) : 0;
  }

  /** The defaults with what was given put over them. */
  Options over(Options defaults) {
    return RequestOptions.over(defaults, stated);
  }

  private <T> void state(RequestOption<T> option) {
    Option<T> flag = of(option);
    if (given.has(flag)) {
      stated.add(option.stated(given.get(flag)));
    }
  }

  /** Options as they are typed, in a sentence that calls them by their own names. */
  private static String named(String message) {
    String sentence = message;
    for (RequestOption<?> option : RequestOptions.ALL) {
      if (sentence.startsWith(option.name() + " ") || sentence.startsWith(option.name() + ":")) {
        sentence = of(option).name() + sentence.substring(option.name().length());
      }
    }
    return sentence;
  }

  private static Map<String, Option<?>> all() {
    Map<String, Option<?>> all = new HashMap<>();
    RequestOptions.ALL.forEach(option -> all.put(option.name(), flag(option)));
    return all;
  }

  private static <T> Option<T> flag(RequestOption<T> option) {
    String name = "--" + option.name().replace('_', '-');
    T standard = option.get().apply(Options.DEFAULT);
    Option<T> flag = Option.of(name, value(option), option.help());
    if (option.type().isFlag()) {
      return flag.or(standard);
    }
    flag = flag.or(standard).byDefaultSaid(option.standard());
    Character letter = LETTERS.get(option.name());
    flag = letter == null ? flag : flag.letter(letter);
    return option.common() ? flag.shown() : flag;
  }

  private static <T> Value<T> value(RequestOption<T> option) {
    OptionType<T> type = option.type();
    if (type.isFlag()) {
      return new Value<>(null, "left alone", type.text(), ShellCompletion.NOTHING, null);
    }
    return new Value<>(
        type.label(),
        type.wanted(),
        text -> type.text().apply(text).filter(type.holds()),
        completion(option),
        type.join());
  }

  private static ShellCompletion completion(RequestOption<?> option) {
    if (!option.name().equals(ThinkingOptions.EXIT.name())) {
      return ShellCompletion.NOTHING;
    }
    List<String> rules = new ArrayList<>();
    for (KnownExit.Kind kind : KnownExit.Kind.values()) {
      rules.add(kind.id());
    }
    rules.add("none");
    return new ShellCompletion.Words(rules);
  }

  private static Group group(String title, RequestOption.Group group) {
    Option<?>[] flags =
        RequestOptions.ALL.stream()
            .filter(option -> option.group() == group)
            .map(RequestFlags::of)
            .toArray(Option<?>[]::new);
    return Group.of(title, flags);
  }
}
