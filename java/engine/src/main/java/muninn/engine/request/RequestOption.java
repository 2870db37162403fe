package muninn.engine.request;

import java.util.function.BiFunction;
import java.util.function.Function;
import muninn.UserException;

/**
 * An option of requests as data. The command line, lines of a batch job, grids of a sweep, the
 * check of a request, the record of a job and help all read the same constants, which stand in
 * {@link RequestOptions}.
 *
 * @param name in JSON; on a command line its underscores are dashes
 * @param get its value; null where there is none, which no check looks at
 * @param with the options with another value of it; a {@link UserException} says why not
 * @param help what it is for, in a sentence
 * @param standard the value where none is stated, in words
 * @param common whether most people want to know it
 */
public record RequestOption<T>(
    String name,
    Group group,
    OptionType<T> type,
    Function<Options, T> get,
    BiFunction<Options, T, Options> with,
    String help,
    String standard,
    boolean common) {

  /** What help shows together. */
  public enum Group {
    SAMPLING,
    THINKING,
    ANSWER
  }

  /** One that few need. */
  RequestOption(
      String name,
      Group group,
      OptionType<T> type,
      Function<Options, T> get,
      BiFunction<Options, T, Options> with,
      String help,
      String standard) {
    this(name, group, type, get, with, help, standard, false);
  }

  /** The same as one that most people want to know. */
  RequestOption<T> shown() {
    return new RequestOption<>(name, group, type, get, with, help, standard, true);
  }

  /** A value that somebody states. */
  public record Stated<T>(RequestOption<T> option, T value) {
    Options over(Options options) {
      return option.with.apply(options, value);
    }
  }

  /** States a value. */
  public Stated<T> stated(T value) {
    return new Stated<>(this, value);
  }

  /**
   * States a value that stands in JSON.
   *
   * @param value see {@link OptionType#plain}
   * @param found the same as a message calls it
   * @throws UserException naming option, value and what is wanted
   */
  public Stated<T> stated(Object value, String found) {
    T read;
    try {
      read = type.plain().apply(value).filter(type.holds()).orElse(null);
    } catch (UserException e) {
      throw new UserException(name + ": " + e.getMessage(), e);
    }
    if (read == null) {
      throw UserException.of("%s is %s, wanted %s", name, found, type.wanted());
    }
    return stated(read);
  }

  /** As a record of options keeps it. */
  public String told(Options options) {
    return type.told().apply(get.apply(options));
  }

  /**
   * Refuses a value out of range.
   *
   * @throws UserException naming option, value and what is wanted
   */
  public void check(Options options) {
    T value = get.apply(options);
    if (value != null && !type.holds().test(value)) {
      String found = type.told().apply(value).replaceFirst("\\.0$", "");
      throw UserException.of("%s is %s, wanted %s", name, found, type.wanted());
    }
  }
}
