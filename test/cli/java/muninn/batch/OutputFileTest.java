package muninn.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("out.jsonl");
  }

  @Test
  void cutsOffATornLastLineAndAppendsAfterTheWholeOnes() throws IOException {
    Files.writeString(file, "{\"line\":3}\n{\"line\":1,\"error\":\"e\"}\n{\"line\":12,\"te");

    try (OutputFile out = OutputFile.open(file)) {
      Answered answered = out.recover();
      assertThat(answered.lines().stream()).containsExactly(1, 3);
      assertThat(answered.errors()).isEqualTo(1);
      out.append("{\"line\":2}\n".getBytes(UTF_8));
    }

    assertThat(file).hasContent("{\"line\":3}\n{\"line\":1,\"error\":\"e\"}\n{\"line\":2}\n");
  }

  @Test
  void aTornLineLongerThanABlockIsCutOffWhole() throws IOException {
    Files.writeString(file, "{\"line\":1}\n{\"line\":2,\"text\":\"" + "x".repeat(300_000));

    try (OutputFile out = OutputFile.open(file)) {
      assertThat(out.recover().lines().stream()).containsExactly(1);
    }

    assertThat(file).hasContent("{\"line\":1}\n");
  }

  @Test
  void aFileOfOneTornLineBecomesEmpty() throws IOException {
    Files.writeString(file, "{\"lin");

    try (OutputFile out = OutputFile.open(file)) {
      assertThat(out.recover().lines().stream()).isEmpty();
      assertThat(file).isEmptyFile();
    }
  }

  @Test
  void refusesLinesThatAreNoAnswers() throws IOException {
    Files.writeString(file, "{\"line\":1}\n{\"text\":{\"line\":2}}\n");

    try (OutputFile out = OutputFile.open(file)) {
      assertThatThrownBy(out::recover)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("out.jsonl line 2 is not an answer of a batch job");
    }
  }

  @Test
  void refusesASecondAnswerToALine() throws IOException {
    Files.writeString(file, "{\"line\":1}\n{\"line\":1}\n");

    try (OutputFile out = OutputFile.open(file)) {
      assertThatThrownBy(out::recover)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("line 2 answers input line 1 a second time");
    }
  }

  @Test
  void refusesAFileThatAnotherJobHasOpenAndTakesItWhenThatHasEnded() throws IOException {
    try (OutputFile _ = OutputFile.open(file)) {
      assertThat(file).isEmptyFile();
      assertThatThrownBy(() -> OutputFile.open(file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("is being written by another batch job");
    }
    OutputFile.open(file).close();
  }
}
