package muninn.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import muninn.UserException;
import muninn.files.Json;

/**
 * The shape of a model that nobody trained, as its name says it:
 *
 * <pre>
 * random:PART,PART,…   a PART is  huginn-0125      the published shape
 *                                 1024x8x3456      width, heads, ffn
 *                                 d=1024           width
 *                                 heads=8          attention heads
 *                                 ffn=3456         width of the MLP
 *                                 vocab=8192       tokens
 *                                 context=2048     most positions
 *                                 layers=2/4/2     blocks of prelude, core, coda
 *                                 steps=32         recurrence steps by default
 *                                 seed=1           of the weights
 * </pre>
 *
 * What no part says is as in Huginn-0125, the seed 0.
 */
record RandomShape(Architecture architecture, Config config, long seed) {
  private static final int CORE = 1; // of the stages
  private static final String HUGINN = "huginn-0125";
  private static final String FORMS =
      "write random:huginn-0125, random:1024x8x3456 (width, heads, ffn), or parts like"
          + " random:d=1024,heads=8,ffn=3456,vocab=8192,layers=2/4/2,steps=32,seed=1";
  private static final List<String> KEYS =
      List.of("d", "heads", "ffn", "vocab", "context", "layers", "steps", "seed");

  /**
   * Reads a name.
   *
   * @throws UserException naming the part, what was found and what was wanted
   */
  static RandomShape parse(String name) {
    return new Reader(name).read();
  }

  private static final class Reader {
    private final String name;
    private final Map<String, String> values = new LinkedHashMap<>();

    Reader(String name) {
      this.name = name;
    }

    RandomShape read() {
      String parts = name.substring(RandomModel.PREFIX.length());
      if (parts.isBlank()) {
        throw UserException.of("%s names no shape: %s", name, FORMS);
      }
      for (String part : parts.split(",", -1)) {
        part(part.strip());
      }
      int width = number("d", 5280, ConfigReader.MAX_WIDTH);
      int heads = number("heads", 55, ConfigReader.MAX_WIDTH);
      requireEvenHeads(width, heads);
      int[] layers = layers();
      Config config =
          Config.huginn(
              width,
              heads,
              number("ffn", 17920, ConfigReader.MAX_FFN),
              number("vocab", 65536, ConfigReader.MAX_VOCABULARY),
              number("context", 4096, ConfigReader.MAX_POSITIONS),
              layers[0],
              layers[1],
              layers[2],
              number("steps", 32, ConfigReader.MAX_STEPS));
      return new RandomShape(Architecture.HUGINN, config, seed());
    }

    private void part(String part) {
      if (part.equals(HUGINN)) {
        return; // what every shape begins with
      }
      if (part.matches("\\d+x\\d+x\\d+")) {
        String[] sizes = part.split("x", -1);
        put("d", sizes[0]);
        put("heads", sizes[1]);
        put("ffn", sizes[2]);
        return;
      }
      int equals = part.indexOf('=');
      String key = equals < 0 ? part : part.substring(0, equals).strip();
      if (equals < 0 || !KEYS.contains(key)) {
        throw UserException.of(
            "%s: '%s' is no part of a shape, wanted one of %s=…, a size like 1024x8x3456, or %s",
            name, Json.shortened(part), String.join("=…, ", KEYS), HUGINN);
      }
      put(key, part.substring(equals + 1).strip());
    }

    private void put(String key, String value) {
      if (values.put(key, value) != null) {
        throw UserException.of("%s: says %s twice, wanted it once", name, key);
      }
    }

    private int number(String key, int ifMissing, int most) {
      return values.containsKey(key) ? number(key, values.get(key), 1, most) : ifMissing;
    }

    private int number(String key, String value, int least, int most) {
      try {
        int number = Integer.parseInt(value);
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        throw notANumber(key, value, least, most, e);
      }
      throw notANumber(key, value, least, most, null);
    }

    private UserException notANumber(
        String key, String value, int least, int most, Exception cause) {
      return UserException.because(
          cause,
          "%s: %s is '%s', wanted a whole number from %d to %d",
          name,
          key,
          Json.shortened(value),
          least,
          most);
    }

    private void requireEvenHeads(int width, int heads) {
      if (width % (2 * heads) != 0) {
        throw UserException.of(
            "%s: width %d over %d heads, wanted heads of an even width (d a multiple of %d): change"
                + " d or heads",
            name, width, heads, 2 * heads);
      }
    }

    private int[] layers() {
      String value = values.getOrDefault("layers", "2/4/2");
      String[] stages = value.split("/", -1);
      if (stages.length != 3) {
        throw UserException.of(
            "%s: layers is '%s', wanted the blocks of prelude, core and coda, like 2/4/2",
            name, Json.shortened(value));
      }
      return IntStream.range(0, stages.length)
          .map(i -> number("layers", stages[i], i == CORE ? 1 : 0, ConfigReader.MAX_BLOCKS))
          .toArray();
    }

    private long seed() {
      String value = values.getOrDefault("seed", "0");
      try {
        return Long.parseLong(value);
      } catch (NumberFormatException e) {
        throw UserException.because(
            e, "%s: seed is '%s', wanted a whole number", name, Json.shortened(value));
      }
    }
  }
}
