package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the pages say of this repository, held against it: links lead somewhere, commands are
 * understood, tables are whole, and options, classes, files and environment variables are there. A
 * history may speak of what has gone; only its links and tables are looked at.
 */
class DocumentationTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Set<String> HISTORIES = Set.of("docs/measurements.md", "CHANGELOG.md");

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z0-9-]*");
  private static final Pattern VARIABLE = Pattern.compile("\\bMUNINN_[A-Z][A-Z_]*[A-Z]\\b");
  private static final Pattern QUOTED = Pattern.compile("(?<=\")MUNINN_[A-Z][A-Z_]*[A-Z](?=\")");

  /** A class by its package, without the first part of that. */
  private static final Pattern CLASS =
      Pattern.compile(
          "\\b(?:engine|kernels|model|text|wire|hub|lab|cli|server|batch|spark)(?:\\.[a-z]+)*"
              + "\\.[A-Z]\\w+");

  private static final Pattern TEST = Pattern.compile("\\b[A-Z]\\w+Test\\b");

  private static final Pattern FILE =
      Pattern.compile("(?<![\\w/.-])(?:java|kernels-cu|tools|docs|test|weights)/[\\w./-]*\\w");

  /** Options that pages give to programs of others. */
  private static final Set<String> OF_OTHERS =
      Set.of("--add-modules", "--enable-native-access", "--archives", "--files", "--name-only");

  @ParameterizedTest
  @MethodSource("pages")
  void aPageSaysWhatIsThere(String name) throws IOException {
    Path page = ROOT.resolve(name);
    Markdown read = Markdown.of(page);
    List<String> faults = brokenLinks(page, read);
    faults.addAll(read.brokenRows());
    if (!HISTORIES.contains(name)) {
      faults.addAll(CommandFaults.of(read));
      faults.addAll(unknownOptions(read));
      faults.addAll(missing(page, read));
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void aPageThatIsWrongIsFound(@TempDir Path folder) throws IOException {
    Path page = folder.resolve("page.md");
    Files.writeString(
        page,
        """
        # One heading
        [here](#one-heading), [there](gone.md), [not there](#another-heading), `muninn dance`.
        `--max-tokens` and `--no-such-option`, `kernels.Op`, `kernels.Gone`, `GoneTest`, and
        `tools/gone`, but `tools/pack`.

            ./muninn generate "1+1=" --steps 2 | cat --nothing-of-ours
            ./muninn generate "1+1=" --steps none

        ```sh
        muninn eval --prompt \\
          hello
        muninn generate --prompt TEXT --sedd 1
        ```

        | a | b |
        | --- | --- |
        | `x | y` | 2 |
        | 1 | 2 | 3 |

        | one without a head |
        """);
    Markdown read = Markdown.of(page);
    assertThat(read.brokenRows()).containsExactly("| 1 | 2 | 3 |", "| one without a head |");
    assertThat(brokenLinks(page, read)).containsExactly("gone.md", "#another-heading");
    assertThat(CommandFaults.of(read))
        .containsExactly(
            "muninn generate 1+1= --steps none: --steps none: must be a whole number, at least 1",
            "muninn eval --prompt hello: no option --prompt",
            "muninn generate --prompt TEXT --sedd 1: no option --sedd",
            "muninn dance: no command");
    assertThat(unknownOptions(read)).contains("--no-such-option").doesNotContain("--max-tokens");
    assertThat(missing(page, read)).containsExactly("kernels.Gone", "GoneTest", "tools/gone");
  }

  @Test
  void environmentVariablesAreReadAndOnAPage() throws IOException {
    Set<String> listed = new TreeSet<>(all(VARIABLE, text("docs/environment.md")));
    listed.addAll(all(VARIABLE, text("native/README.md")));
    Set<String> read = new TreeSet<>();
    for (String script : scripts()) {
      read.addAll(all(VARIABLE, text(script)));
    }
    for (String source : files("java|native/src", "java|cpp|h")) {
      read.addAll(all(QUOTED, text(source)));
    }
    assertThat(read).containsExactlyElementsOf(listed);
  }

  @Test
  void everyCommandAndEveryOptionOfARequestIsOnItsPage() throws IOException {
    String readme = String.join("\n", Markdown.of(ROOT.resolve("README.md")).spans());
    assertThat(readme.lines().map(span -> span.replaceAll(" +[a-z]+\\.jsonl.*", "")))
        .containsAll(Commands.ids().stream().filter(id -> !id.equals(Commands.HELP.id())).toList());
    assertThat(Markdown.of(ROOT.resolve("docs/server.md")).spans())
        .containsAll(RequestOptions.ALL.stream().map(RequestOption::name).toList());
  }

  private static List<String> brokenLinks(Path page, Markdown read) throws IOException {
    List<String> broken = new ArrayList<>();
    for (MatchResult link : LINK.matcher(read.prose()).results().toList()) {
      String[] parts = link.group(1).split("#", 2);
      if (parts[0].matches("[a-z]+:.*")) {
        continue; // another machine's
      }
      Path to = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
      if (!Files.exists(to) || parts.length == 2 && !Markdown.of(to).anchors().contains(parts[1])) {
        broken.add(link.group(1));
      }
    }
    return broken;
  }

  /** Neither a command's, nor named in a script, nor of Spark's jobs. */
  private static Set<String> unknownOptions(Markdown page) throws IOException {
    Set<String> known = new TreeSet<>(OF_OTHERS);
    for (Commands command : Commands.values()) {
      known.addAll(CommandFaults.names(command.on(null).usage()));
    }
    List<String> others = new ArrayList<>(scripts());
    others.addAll(files("java/spark", "java"));
    for (String file : others) {
      known.addAll(all(OPTION, text(file)));
    }
    Set<String> said = new TreeSet<>(all(OPTION, page.code()));
    said.removeAll(known);
    return said;
  }

  /** Classes, tests and files that there are not. */
  private static List<String> missing(Path page, Markdown read) throws IOException {
    String code = String.join("\n", read.spans());
    List<String> sources = files("java|test", "java");
    List<String> missing = new ArrayList<>();
    for (String name : all(CLASS, code)) {
      String file = "/muninn/" + name.replace('.', '/') + ".java";
      if (sources.stream().noneMatch(source -> source.endsWith(file))) {
        missing.add(name);
      }
    }
    for (String name : all(TEST, code)) {
      if (sources.stream().noneMatch(source -> source.endsWith("/" + name + ".java"))) {
        missing.add(name);
      }
    }
    for (String name : all(FILE, code)) {
      boolean built = List.of(name.split("/", -1)).contains("target");
      if (!built && !Files.exists(ROOT.resolve(name)) && !Files.exists(page.resolveSibling(name))) {
        missing.add(name);
      }
    }
    return missing;
  }

  static List<String> pages() throws IOException {
    return files("|docs|native|tools|weights|java|test", "md");
  }

  /** What is run by a shell, or by Python. */
  private static List<String> scripts() throws IOException {
    return Stream.concat(
            files("tools|native|kernels-cu", "sh|py|mjs|").stream(), Stream.of("muninn"))
        .toList();
  }

  /**
   * Files of the repository, in order.
   *
   * @param folders names with bars between; an empty one is the root itself, without its folders
   * @param endings likewise
   */
  private static List<String> files(String folders, String endings) throws IOException {
    List<String> found = new ArrayList<>();
    for (String folder : folders.split("\\|", -1)) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder), folder.isEmpty() ? 1 : 20)) {
        files
            .filter(Files::isRegularFile)
            .map(file -> ROOT.relativize(file).toString())
            .filter(file -> !file.matches("(.*/)?(target|\\.[^/]*)/.*"))
            .filter(file -> ending(file).matches(endings))
            .forEach(found::add);
      }
    }
    return found.stream().sorted().toList();
  }

  private static String ending(String file) {
    String name = file.substring(file.lastIndexOf('/') + 1);
    return name.contains(".") ? name.substring(name.lastIndexOf('.') + 1) : "";
  }

  private static String text(String file) throws IOException {
    return Files.readString(ROOT.resolve(file));
  }

  private static Collection<String> all(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
