package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import muninn.UserException;

/**
 * How kernels are launched, where measurements want to know what a decision is worth. They stand
 * among the variants of kernels that a user chooses, such as {@code pdl=off,blocks=1}.
 *
 * @param overlap whether a launch may begin while the one before it ends ({@code pdl})
 * @param carveout whether kernels ask for shared memory at the cost of the first cache
 * @param timeline whether kernels write down when their blocks ran: those of another build
 * @param blocks of a product on a multiprocessor; empty: as many as fit, up to two. Where a matrix
 *     is cut follows from it, so sums differ in their last bits
 * @param libraryFrom lanes from which on a matrix library multiplies; empty: from 65 on, of codes
 *     193
 * @param variants what is left of the text: {@link Choices}
 */
record Switches(
    boolean overlap,
    boolean carveout,
    boolean timeline,
    OptionalInt blocks,
    OptionalInt libraryFrom,
    String variants) {

  static final Switches NONE =
      new Switches(true, true, false, OptionalInt.empty(), OptionalInt.empty(), "");

  private static final String PDL = "pdl";
  private static final String CARVEOUT = "carveout";
  private static final String TIMELINE = "timeline";
  private static final String BLOCKS = "blocks";
  private static final String LIBRARY_FROM = "library_from";
  private static final List<String> ON_OFF = List.of("on", "off");

  private static final Map<String, List<String>> KNOWN = new LinkedHashMap<>();

  static {
    KNOWN.put(PDL, ON_OFF);
    KNOWN.put(CARVEOUT, ON_OFF);
    KNOWN.put(TIMELINE, ON_OFF);
    KNOWN.put(BLOCKS, List.of("1", "2", "3", "4"));
    KNOWN.put(
        LIBRARY_FROM,
        IntStream.of(2, 9, 17, 33, 65, 129, 193, 257).mapToObj(String::valueOf).toList());
  }

  /**
   * What a user chose; the last of several values for one switch counts, so that a choice can be
   * changed by more text behind it.
   *
   * @throws UserException where a switch has no such value
   */
  static Switches of(String text) {
    Map<String, String> chosen = new LinkedHashMap<>();
    List<String> rest = new ArrayList<>();
    for (String choice : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int equals = choice.indexOf('=');
      String name = choice.substring(0, Math.max(0, equals)).strip();
      if (!KNOWN.containsKey(name)) {
        rest.add(choice);
        continue;
      }
      String value = choice.substring(equals + 1).strip();
      if (!KNOWN.get(name).contains(value)) {
        throw UserException.of(
            "kernels is '%s', and %s cannot be '%s': use one of %s",
            text, name, value, String.join(", ", KNOWN.get(name)));
      }
      chosen.put(name, value);
    }
    return new Switches(
        !"off".equals(chosen.get(PDL)),
        !"off".equals(chosen.get(CARVEOUT)),
        "on".equals(chosen.get(TIMELINE)),
        number(chosen, BLOCKS),
        number(chosen, LIBRARY_FROM),
        String.join(",", rest));
  }

  private static OptionalInt number(Map<String, String> chosen, String name) {
    return Optional.ofNullable(chosen.get(name))
        .map(value -> OptionalInt.of(Integer.parseInt(value)))
        .orElse(OptionalInt.empty());
  }
}
