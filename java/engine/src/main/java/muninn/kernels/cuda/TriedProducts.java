package muninn.kernels.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.UserException;
import muninn.files.FileProblem;

/**
 * Which way a matrix library was fastest at each shape, kept in a file from one start to the next,
 * since trying takes a few milliseconds a shape. A file belongs to one GPU, driver and version of
 * the library; a line is a shape and the library's own name for the way. Only a way that the
 * library proposes today is taken, so a file can make a product slower, never wrong. What cannot be
 * read is tried again and said in {@link #notes}; so is what cannot be written.
 */
final class TriedProducts {
  /** Several hundred shapes; more than that is no file of ours. */
  private static final long MOST_BYTES = 1 << 20;

  private static final Pattern LINE =
      Pattern.compile(
          "(\\d{1,9}) (\\d{1,9}) (\\d{1,9}) (\\d{1,9}) (\\d{1,9}) (add|set) (float32|bfloat16)"
              + " ([0-9a-f]{2,512})");

  /** Whether anything is tried, in the environment: {@code yes}, as by default, or {@code no}. */
  static final String TRIALS = "MUNINN_CUBLAS_TRIALS";

  private final boolean allowed;
  private final Path file; // null: nothing is kept
  private final Map<GemmShape, String> ways = new HashMap<>();
  private final List<String> notes = new ArrayList<>();

  private TriedProducts(boolean allowed, Path file) {
    this.allowed = allowed;
    this.file = file;
  }

  /** Forgets with the process. */
  static TriedProducts unkept() {
    return new TriedProducts(true, null);
  }

  /** Of a library whose favourites are taken as they are, at every start the same. */
  static TriedProducts forbidden() {
    return new TriedProducts(false, null);
  }

  /**
   * Whether an environment lets products be tried.
   *
   * @throws UserException where it says neither yes nor no
   */
  static boolean allowedBy(Map<String, String> environment) {
    String trials = environment.getOrDefault(TRIALS, "yes");
    return switch (trials) {
      case "yes" -> true;
      case "no" -> false;
      default ->
          throw UserException.of(
              "%s is '%s': use no to take the library's favourite way of each product, or yes to"
                  + " try which is fastest",
              TRIALS, trials);
    };
  }

  /** Whether ways may be tried at all. */
  boolean allowed() {
    return allowed;
  }

  /**
   * @param file which need not be there yet, nor its folder
   */
  static TriedProducts in(Path file) {
    TriedProducts tried = new TriedProducts(true, file);
    try {
      if (Files.exists(file)) {
        tried.read();
      }
    } catch (IOException e) {
      tried.note("cannot be read (%s); shapes are tried again", FileProblem.describe(e));
    }
    return tried;
  }

  /** In the user's folder for what can be made again, a file for what the ways depend on. */
  static Path file(Map<String, String> environment, Path home, String... dependsOn) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path folder = cache.isEmpty() ? home.resolve(".cache") : Path.of(cache);
    String name = String.join("-", dependsOn).replaceAll("[^A-Za-z0-9.]+", "-");
    return folder.resolve("muninn").resolve("products-" + name + ".txt");
  }

  private void read() throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      note("is larger than any of ours; delete it, shapes are tried again");
      return;
    }
    int senseless = 0;
    for (String line : Files.readAllLines(file, UTF_8)) {
      Matcher fields = LINE.matcher(line);
      try {
        if (fields.matches()) {
          ways.put(shape(fields), fields.group(8));
          continue;
        }
      } catch (IllegalArgumentException noShape) {
        // counted below
      }
      senseless++;
    }
    if (senseless > 0) {
      note("has %d lines that make no sense; their shapes are tried again", senseless);
    }
  }

  private static GemmShape shape(Matcher fields) {
    int[] numbers = new int[5];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Integer.parseInt(fields.group(i + 1));
    }
    return new GemmShape(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        fields.group(6).equals("add"),
        fields.group(7).equals("bfloat16"));
  }

  /** The way that was fastest, in the library's words. */
  Optional<String> way(GemmShape shape) {
    return Optional.ofNullable(ways.get(shape));
  }

  void keep(GemmShape shape, String way) {
    ways.put(shape, way);
    if (file == null) {
      return;
    }
    String line =
        String.format(
            Locale.ROOT,
            "%d %d %d %d %d %s %s %s\n",
            shape.m(),
            shape.n(),
            shape.k(),
            shape.xPitch(),
            shape.wPitch(),
            shape.accumulate() ? "add" : "set",
            shape.rounded() ? "bfloat16" : "float32",
            way);
    try {
      Files.createDirectories(file.getParent());
      // one write, so that the lines of two processes do not mix
      Files.writeString(file, line, UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      note("cannot be written (%s); shapes are tried at every start", FileProblem.describe(e));
    }
  }

  private void note(String what, Object... values) {
    String sentence = file + " " + String.format(Locale.ROOT, what, values);
    if (!notes.contains(sentence)) {
      notes.add(sentence);
    }
  }

  /** What was wrong with the file, a sentence each. */
  List<String> notes() {
    return List.copyOf(notes);
  }
}
