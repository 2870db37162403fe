package muninn.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.UserException;
import muninn.engine.DeviceOptions;
import muninn.engine.EngineOptions;
import muninn.engine.RequestCheck;
import muninn.engine.request.OptionType;
import muninn.engine.request.Options;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;

/**
 * What answers rows, and how where a row does not say it itself.
 *
 * @param model folder of a checkpoint, under a name that every executor knows: an absolute path, or
 *     one inside an archive that Spark ships ({@code --archives model.tgz#model}); or {@code
 *     random:…}
 * @param engine what each executor's engine may use, with room for as many steps as the model was
 *     made for and {@code requests} ask for, if that is more. A device {@code auto}, {@code cuda}
 *     or {@code emulated} is that of the task where Spark gives it one
 * @param requests options of requests as the command line spells them, such as {@code steps=8},
 *     {@code temperature=0.7}; a flag's text is not looked at
 */
public record BatchOptions(String model, EngineOptions engine, List<String> requests)
    implements Serializable {

  /**
   * Refuses options of requests that mean nothing.
   *
   * @throws UserException naming option, value and what is wanted
   */
  public BatchOptions {
    requests = List.copyOf(requests);
    Options options = RequestOptions.over(Options.DEFAULT, stated(requests));
    boolean steps = requests.stream().anyMatch(text -> text.startsWith("steps="));
    RequestCheck.options(steps ? options : options.withSteps(Integer.MAX_VALUE));
  }

  /** A model with default options. */
  public static BatchOptions of(String model) {
    EngineOptions standard = EngineOptions.DEFAULT;
    EngineOptions engine =
        new EngineOptions(
            standard.device(), standard.maxLanes(), standard.maxSequences(), 1, standard.kvBytes());
    return new BatchOptions(model, engine, List.of());
  }

  /** The same with these options for requests. */
  public BatchOptions withRequests(String... texts) {
    return new BatchOptions(model, engine, List.of(texts));
  }

  /** The same on another device. */
  public BatchOptions on(DeviceOptions device) {
    return new BatchOptions(model, engine.on(device), requests);
  }

  /** The defaults of a model with what is stated put over them. */
  Options over(Options defaults) {
    return RequestOptions.over(defaults, stated(requests));
  }

  private static List<RequestOption.Stated<?>> stated(List<String> texts) {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      if (equals < 0) {
        throw UserException.of("option of requests '%s': wanted NAME=VALUE", text);
      }
      String name = text.substring(0, equals);
      byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(text.substring(equals + 1));
    }
    List<RequestOption.Stated<?>> stated = new ArrayList<>();
    byName.forEach((name, values) -> stated.add(stated(option(name), values)));
    return stated;
  }

  private static RequestOption<?> option(String name) {
    return RequestOptions.named(name)
        .orElseThrow(
            () ->
                UserException.of(
                    "option of requests '%s' is not known: there are %s",
                    name, RequestOptions.names()));
  }

  private static <T> RequestOption.Stated<T> stated(RequestOption<T> option, List<String> texts) {
    OptionType<T> type = option.type();
    T value = null;
    for (String text : texts) {
      Optional<T> read = type.text().apply(text).filter(type.holds());
      if (read.isEmpty()) {
        throw UserException.of("%s is '%s', wanted %s", option.name(), text, type.wanted());
      }
      if (value != null && type.join() == null) {
        throw UserException.of("%s is stated twice: state it once", option.name());
      }
      value = value == null ? read.get() : type.join().apply(value, read.get());
    }
    return option.stated(value);
  }
}
