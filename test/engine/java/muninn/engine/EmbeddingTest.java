package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine in somebody else's JVM, as README and docs/embedding.md show it. */
class EmbeddingTest {
  private static final Path ROOT = Path.of("../..");
  private static final String VECTOR = "--add-modules=jdk.incubator.vector";
  private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

  @TempDir Path folder;

  @Test
  void withoutTheVectorModuleOneSentenceNamesTheFlag() throws Exception {
    Path program =
        program(
            "Closed",
            """
            try (Engine engine = Engine.open(Path.of("weights/raven-sums"), OPTIONS)) {
              System.out.print("opened");
            } catch (muninn.UserException e) {
              System.out.print("refused: " + e.getMessage());
            }
            """);
    assertThat(run(program))
        .isEqualTo(
            "refused: the CPU device needs the JDK's vector module: start java with --add-modules"
                + " jdk.incubator.vector");
  }

  @Test
  void theSnippetOfReadmePrintsTheSum() throws Exception {
    assertThat(run(program("Snippet", blocks("README.md").getFirst()), VECTOR)).endsWith("1290");
  }

  @Test
  void theProgramOfTheEmbeddingPageRuns() throws Exception {
    Path program = folder.resolve("Sums.java");
    Files.writeString(program, blocks("docs/embedding.md").getFirst());
    assertThat(run(program, VECTOR)).endsWith("348+27+915=1290");
  }

  private static List<String> blocks(String page) throws IOException {
    Matcher matcher = JAVA.matcher(Files.readString(ROOT.resolve(page)));
    List<String> blocks = new ArrayList<>();
    while (matcher.find()) {
      blocks.add(matcher.group(1));
    }
    return blocks;
  }

  /** Statements as a program, with the engine's types at hand. */
  private Path program(String name, String statements) throws IOException {
    String source =
        """
        import java.nio.file.Path;
        import muninn.engine.*;
        import muninn.engine.answer.Token;
        import muninn.engine.request.Request;

        public class %s {
          static final EngineOptions OPTIONS =
              new EngineOptions(DeviceOptions.cpu(1), 16, 2, 16, 16 << 20);

          public static void main(String[] arguments) {
            %s
          }
        }
        """
            .formatted(name, statements);
    return Files.writeString(folder.resolve(name + ".java"), source);
  }

  /** Runs a program in a JVM of its own, at the root of the repository; what it printed. */
  private String run(Path program, String... flags) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", absoluteClassPath(), program.toString()));
    Path errors = folder.resolve("errors");
    Process process =
        new ProcessBuilder(command).directory(ROOT.toFile()).redirectError(errors.toFile()).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s", Files.readString(errors)).isZero();
    return said.strip();
  }

  private static String absoluteClassPath() {
    List<String> parts = new ArrayList<>();
    for (String part :
        System.getProperty("java.class.path").split(java.io.File.pathSeparator, -1)) {
      parts.add(Path.of(part).toAbsolutePath().toString());
    }
    return String.join(java.io.File.pathSeparator, parts);
  }
}
