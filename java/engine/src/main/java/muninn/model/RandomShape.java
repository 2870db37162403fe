package muninn.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import muninn.UserException;
import muninn.files.Json;

/**
 * The shape of a model that nobody trained, as its name says it:
 *
 * <pre>
 * random:PART,PART,…   a PART is  huginn-0125      a published shape, at most one
 *                                 1024x8x3456      width, heads, ffn
 *                                 d=1024           width
 *                                 heads=8          attention heads
 *                                 kv=2             of keys and values
 *                                 head=64          width of a head
 *                                 ffn=3456         width of the MLP
 *                                 vocab=8192       tokens
 *                                 context=2048     most positions
 *                                 layers=2/4/2     blocks of prelude, core, coda
 *                                 steps=32         recurrence steps by default
 *                                 seed=1           of the weights
 * </pre>
 *
 * What no part says is as in the published shape, Huginn-0125 where none is named; the seed is 0.
 */
record RandomShape(Architecture architecture, Config config, Initialisation beginning, long seed) {
  private static final int CORE = 1; // of the stages
  private static final String HUGINN = "huginn-0125";
  private static final String FORMS =
      "write random:huginn-0125, random:1024x8x3456 (width, heads, ffn), or parts like"
          + " random:d=1024,heads=8,ffn=3456,vocab=8192,layers=2/4/2,steps=32,seed=1";
  private static final List<String> KEYS =
      List.of("d", "heads", "kv", "head", "ffn", "vocab", "context", "layers", "steps", "seed");

  private static final Map<String, Published> PUBLISHED = new TreeMap<>();

  static {
    PUBLISHED.putAll(Huginn.PUBLISHED);
    PUBLISHED.putAll(Retrofit.PUBLISHED);
    PUBLISHED.putAll(Ouro.PUBLISHED);
    PUBLISHED.putAll(Nanbeige.PUBLISHED);
  }

  /** The name of a small shape of each family, for what is asked of them all. */
  static List<String> small() {
    Map<String, String> names = new TreeMap<>();
    PUBLISHED.forEach(
        (name, published) -> {
          boolean whole = published.architecture().stages().containsKey(Stage.PRELUDE);
          boolean grouped = published.sizes().kvHeads() != published.sizes().heads();
          names.putIfAbsent(
              published.architecture().family(),
              RandomModel.PREFIX
                  + name
                  + ",d=256,heads=4,ffn=704,vocab=2048,layers="
                  + (whole ? "2/4/2" : "0/6/0")
                  + (grouped ? ",kv=2" : ""));
        });
    return List.copyOf(names.values());
  }

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
    private String published; // null where none is named

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
      Published base = PUBLISHED.get(published == null ? HUGINN : published);
      Published.Sizes sizes = sizes(base.sizes());
      Config config = base.config().apply(sizes);
      if (config.kvHeads() != sizes.kvHeads() || config.headWidth() != sizes.headWidth()) {
        throw UserException.of(
            "%s: %s has as many heads of keys and values as of queries, of d / heads: leave kv and"
                + " head out",
            name, base.architecture().family());
      }
      requireStage(base.architecture(), Stage.PRELUDE, config);
      requireStage(base.architecture(), Stage.CODA, config);
      return new RandomShape(base.architecture(), config, base.beginning(), seed());
    }

    private Published.Sizes sizes(Published.Sizes base) {
      int width = number("d", base.width(), ConfigReader.MAX_WIDTH);
      int heads = number("heads", base.heads(), ConfigReader.MAX_WIDTH);
      int[] layers = layers(base);
      return new Published.Sizes(
          width,
          heads,
          kvHeads(heads, base),
          headWidth(width, heads, base),
          number("ffn", base.ffn(), ConfigReader.MAX_FFN),
          number("vocab", base.vocabulary(), ConfigReader.MAX_VOCABULARY),
          number("context", base.blockSize(), ConfigReader.MAX_POSITIONS),
          layers[0],
          layers[CORE],
          layers[2],
          number("steps", base.steps(), ConfigReader.MAX_STEPS));
    }

    private int kvHeads(int heads, Published.Sizes base) {
      boolean grouped = base.kvHeads() != base.heads();
      int kvHeads = number("kv", grouped ? base.kvHeads() : heads, ConfigReader.MAX_WIDTH);
      if (heads % kvHeads != 0) {
        throw UserException.of(
            "%s: %d heads over kv %d, wanted as many heads for each of keys and values: change"
                + " heads or kv",
            name, heads, kvHeads);
      }
      return kvHeads;
    }

    private void requireStage(Architecture architecture, Stage stage, Config config) {
      if (stage.blocks(config) > 0 && !architecture.stages().containsKey(stage)) {
        throw UserException.of(
            "%s: %s has a core alone, wanted layers like 0/%d/0",
            name, architecture.family(), config.core());
      }
    }

    private void part(String part) {
      if (PUBLISHED.containsKey(part)) {
        if (published != null) {
          throw UserException.of("%s: names %s and %s, wanted one of them", name, published, part);
        }
        published = part;
        return;
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
            "%s: '%s' is no part of a shape, wanted one of %s=…, a size like 1024x8x3456, or one of"
                + " %s",
            name,
            Json.shortened(part),
            String.join("=…, ", KEYS),
            String.join(", ", PUBLISHED.keySet()));
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

    private int headWidth(int width, int heads, Published.Sizes base) {
      boolean asPublished = !values.containsKey("d") && !values.containsKey("heads");
      if (values.containsKey("head") || asPublished) {
        int headWidth = number("head", base.headWidth(), ConfigReader.MAX_WIDTH);
        if (headWidth % 2 != 0) {
          throw UserException.of("%s: head is %d, wanted an even width", name, headWidth);
        }
        return headWidth;
      }
      if (width % (2 * heads) != 0) {
        throw UserException.of(
            "%s: width %d over %d heads, wanted heads of an even width (d a multiple of %d): change"
                + " d or heads",
            name, width, heads, 2 * heads);
      }
      return width / heads;
    }

    private int[] layers(Published.Sizes base) {
      if (!values.containsKey("layers")) {
        return new int[] {base.prelude(), base.core(), base.coda()};
      }
      String value = values.get("layers");
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
