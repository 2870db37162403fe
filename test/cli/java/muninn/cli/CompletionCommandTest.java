package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
        "muninn generate --device em            | emulated",
        "muninn generate --device = em          | emulated",
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

  /** Tried by hand in zsh 5.9 over a pseudo-terminal, which tests do without. */
  @Test
  void zshIsToldWhatKeepsCompletionGoing() {
    String script = Cli.run("completion", "zsh").out();

    // A message where a text is expected would keep the options beside it from being completed.
    assertThat(script).contains("':TEXT:()'").doesNotContain("':TEXT: '");
    // A colon ends a part of a specification.
    assertThat(script).contains("compadd -- random\\:huginn-0125").doesNotContain("(random:");
    assertThat(script).contains("compadd -- --help --version");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "muninn gen                             | generate",
        "muninn --v                             | --version",
        "muninn generate --temp                 | --temperature",
        "muninn generate --exit arg             | argmax-stability",
        "muninn generate --model=fo             | --model=folder/",
        "muninn eval --tasks fi                 | file name.jsonl",
        "muninn help swe                        | sweep",
        "muninn bench serve --u                 | --url",
      })
  void fishCompletesWhatIsBeingTyped(String line, String completed) throws Exception {
    assumeTrue(Stream.of("/usr/bin/fish", "/bin/fish").map(Path::of).anyMatch(Files::exists));
    Path script = Files.writeString(folder.resolve("script"), Cli.run("completion", "fish").out());
    Files.createDirectory(folder.resolve("folder"));
    Files.createFile(folder.resolve("file name.jsonl"));

    assertThat(run("fish", "-c", "source " + script + "; complete -C '" + line + "'"))
        .map(found -> found.split("\t", 2)[0])
        .containsExactly(completed);
  }

  private Stream<String> bash(String script) throws IOException, InterruptedException {
    return run("bash", "-c", script);
  }

  private Stream<String> run(String... command) throws IOException, InterruptedException {
    Process shell =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).as(out).isZero();
    return out.lines();
  }

  @Test
  void anUnknownShellIsRefused() {
    assertThat(Cli.run("completion", "tcsh").code()).isEqualTo(2);
  }
}
