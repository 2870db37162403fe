package muninn.lab.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import muninn.Progress;
import muninn.UserException;
import muninn.batch.FakeResponder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  @TempDir Path folder;

  @Test
  void countsExactAnswersByKindAtEveryDepth() {
    List<Task> tasks =
        List.of(
            new Task("abc", "cba", "words"),
            new Task("abc", "cb", "words"),
            new Task("12", "21", "digits"));
    try (FakeResponder responder = new FakeResponder()) {
      Evaluation evaluation = new Evaluation(responder::prompt, responder::submit, 2);

      List<Evaluation.Depth> depths =
          evaluation.run(tasks, List.of(4, 1), 1f, 9, Progress.Display.NONE);

      assertThat(depths).extracting(Evaluation.Depth::steps).containsExactly(4, 1);
      assertThat(depths.get(0).all()).isEqualTo(new Score(2, 3));
      assertThat(depths.get(0).kinds())
          .containsEntry("words", new Score(1, 2))
          .containsEntry("digits", new Score(1, 1));
      assertThat(depths.get(0).tokens()).isEqualTo(3 + 3 + 2);
      assertThat(responder.mostInFlight.get()).isBetween(1, 2);
      assertThat(responder.requests)
          .extracting(request -> request.options().steps())
          .containsExactly(4, 4, 4, 1, 1, 1);
      assertThat(responder.requests)
          .allMatch(request -> request.options().sampling().temperature() == 0);
    }
  }

  @Test
  void anAnswerThatTheModelDidNotEndIsNotRight() {
    // The reversed prompt is "abc" and then tokens without text, more than there is room for.
    List<Task> tasks = List.of(new Task("\0".repeat(20) + "cba", "abc", "all"));
    try (FakeResponder responder = new FakeResponder()) {
      Evaluation evaluation = new Evaluation(responder::prompt, responder::submit, 1);

      assertThat(evaluation.run(tasks, List.of(1), 1f, 0, Progress.Display.NONE))
          .extracting(Evaluation.Depth::all)
          .containsExactly(new Score(0, 1));
    }
  }

  @Test
  void intervalsAreWilsons() {
    Score eightOfTen = new Score(8, 10);

    assertThat(eightOfTen.low()).isCloseTo(0.4902, within(1e-4));
    assertThat(eightOfTen.high()).isCloseTo(0.9433, within(1e-4));
    assertThat(new Score(0, 10).low()).isZero();
    assertThat(new Score(0, 10).high()).isCloseTo(0.2775, within(1e-4));
    assertThat(new Score(10, 10).high()).isEqualTo(1);
  }

  @Test
  void tasksAreReadFromLinesAndMistakesArePlaced() throws IOException {
    Path file = folder.resolve("tasks.jsonl");
    Files.writeString(file, "{\"prompt\":\"1+1=\",\"answer\":\"2\"}\n\n");
    assertThat(Task.read(file)).containsExactly(new Task("1+1=", "2", "other"));

    Files.writeString(file, "{\"prompt\":\"1+1=\",\"answer\":\"2\"}\n{\"prompt\":\"1+1=\"}\n");
    assertThatThrownBy(() -> Task.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("tasks.jsonl line 2: answer must be a string");

    Files.writeString(file, "{\"prompt\":\"1+1=\",\"answer\":\"2\",\"kind\":5}");
    assertThatThrownBy(() -> Task.read(file)).hasMessageContaining("line 1: kind must be a string");
    Files.writeString(file, "{\"prompt\":\"1+1=\",\"answer\":\"2\"} x");
    assertThatThrownBy(() -> Task.read(file)).hasMessageContaining("line 1: not valid JSON");
    assertThatThrownBy(() -> Task.read(folder.resolve("none")))
        .hasMessageContaining("none: cannot be read as tasks (no such file)");
  }
}
