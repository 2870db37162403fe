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
  void cuts_off_a_torn_last_line_and_appends_after_the_whole_ones() throws IOException {
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
  void a_torn_line_longer_than_a_block_is_cut_off_whole() throws IOException {
    Files.writeString(file, "{\"line\":1}\n{\"line\":2,\"text\":\"" + "x".repeat(300_000));

    try (OutputFile out = OutputFile.open(file)) {
      assertThat(out.recover().lines().stream()).containsExactly(1);
    }

    assertThat(file).hasContent("{\"line\":1}\n");
  }

  @Test
  void a_file_of_one_torn_line_becomes_empty() throws IOException {
    Files.writeString(file, "{\"lin");

    try (OutputFile out = OutputFile.open(file)) {
      assertThat(out.recover().lines().stream()).isEmpty();
      assertThat(out.size()).isZero();
    }
  }

  @Test
  void refuses_lines_that_are_no_answers() throws IOException {
    Files.writeString(file, "{\"line\":1}\n{\"text\":{\"line\":2}}\n");

    try (OutputFile out = OutputFile.open(file)) {
      assertThatThrownBy(out::recover)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("out.jsonl line 2 is not an answer of a batch job");
    }
  }

  @Test
  void refuses_a_second_answer_to_a_line() throws IOException {
    Files.writeString(file, "{\"line\":1}\n{\"line\":1}\n");

    try (OutputFile out = OutputFile.open(file)) {
      assertThatThrownBy(out::recover)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("line 2 answers input line 1 a second time");
    }
  }

  @Test
  void refuses_a_file_that_another_job_has_open_and_takes_it_when_that_has_ended()
      throws IOException {
    try (OutputFile first = OutputFile.open(file)) {
      assertThat(first.size()).isZero();
      assertThatThrownBy(() -> OutputFile.open(file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("is being written by another batch job");
    }
    try (OutputFile second = OutputFile.open(file)) {
      assertThat(second.size()).isZero();
    }
  }
}
