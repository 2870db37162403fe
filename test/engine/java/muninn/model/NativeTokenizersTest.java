package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each in a process of its own, since a library is loaded once. */
class NativeTokenizersTest {
  @TempDir private Path temporary;

  /** What the child does. */
  public static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      try {
        TokenizerFile file = TokenizerFile.read(Path.of(arguments[0]), 1024);
        HuggingFaceTokenizer.open(file, null).close();
        System.out.println("opened");
      } catch (muninn.UserException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  @Test
  void theLibraryIsUnpackedOnceIntoTheNamedFolder() throws Exception {
    Path cache = temporary.resolve("cache");
    assertThat(child(cache)).isEqualTo("opened");
    Path library;
    try (Stream<Path> files = Files.walk(cache)) {
      List<Path> found = files.filter(Files::isRegularFile).toList();
      assertThat(found).hasSize(1);
      library = found.getFirst();
    }
    var unpacked = Files.getLastModifiedTime(library);
    assertThat(child(cache)).isEqualTo("opened");
    assertThat(Files.getLastModifiedTime(library)).isEqualTo(unpacked);
    // One that was cut short is unpacked again.
    Files.write(library, new byte[10]);
    assertThat(child(cache)).isEqualTo("opened");
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamedWithTheRemedy() throws Exception {
    // A file in the way stands for any unwritable place: permissions do not bind the root user.
    Path file = Files.createFile(temporary.resolve("file"));
    assertThat(child(file))
        .startsWith("refused: " + file)
        .contains("cannot be unpacked", "MUNINN_CACHE");
  }

  private static String child(Path cache) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dmuninn.cache=" + cache,
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                Fixture.golden("tokenizer-raven").resolve("tokenizer.json").toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said.strip();
  }
}
