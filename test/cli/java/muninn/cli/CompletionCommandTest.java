package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionCommandTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh", "fish"})
  void everyScriptKnowsCommandsOptionsAndValues(String shell) {
    String script = Cli.run("completion", shell).out();

    assertThat(script)
        .contains(
            "generate", "sweep", "repetition-penalty", "float32", "argmax-stability", "muninn")
        .doesNotContain("PROGRAM");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "muninn g                               | generate",
        "muninn --v                             | --version",
        "muninn generate --temp                 | --temperature",
        "muninn generate --device cu            | cuda",
        "muninn generate --device = cu          | cuda",
        "muninn generate --exit arg             | argmax-stability",
        "muninn generate -m f                   | folder",
        "muninn bench --sections operations --dtype b | bfloat16",
        "muninn eval --tasks fi                 | file name.jsonl",
        "muninn completion f                    | fish",
        "muninn help swe                        | sweep",
        "muninn bench s                         | serve",
        "muninn bench serve --good              | --goodput",
        "muninn bench serve --burst             | --burstiness",
      })
  void bashCompletesWhatIsBeingTyped(String words, String completed) throws Exception {
    Path script = Files.writeString(folder.resolve("script"), Cli.run("completion", "bash").out());
    Files.createDirectory(folder.resolve("folder"));
    Files.createFile(folder.resolve("file name.jsonl"));
    List<String> typed = List.of(words.split(" +", -1));
    String ask =
        "compopt() { :; }; source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _muninn_complete;"
                .formatted(
                    script,
                    String.join(" ", typed.stream().map(word -> "'" + word + "'").toList()),
                    typed.size() - 1)
            + " printf '%s\\n' \"${COMPREPLY[@]}\"";

    assertThat(bash(ask)).containsExactly(completed);
  }

  private Stream<String> bash(String script) throws IOException, InterruptedException {
    Process bash =
        new ProcessBuilder("bash", "-c", script)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(out).isZero();
    return out.lines();
  }

  @Test
  void anUnknownShellIsRefused() {
    assertThat(Cli.run("completion", "tcsh").code()).isEqualTo(2);
  }
}
