package muninn.cli.args;

import java.util.List;
import java.util.stream.Stream;

/** Options that help shows together, the common ones first. */
public record Group(String title, List<Option<?>> options) {

  public static Group of(String title, Option<?>... options) {
    return new Group(title, List.of(options));
  }

  /** The same with more options behind. */
  public Group and(Option<?>... more) {
    return new Group(title, Stream.concat(options.stream(), Stream.of(more)).toList());
  }
}
