package muninn.files;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileUseTest {
  @TempDir Path folder;
  private Path input;

  @BeforeEach
  void file() throws IOException {
    input = Files.writeString(folder.resolve("in"), "content");
  }

  @Test
  void refusesToWriteToWhatIsReadUnderAnyNameThatLeadsThere() throws IOException {
    Path sub = Files.createDirectory(folder.resolve("sub"));
    Path linkToFolder = Files.createSymbolicLink(folder.resolve("linked"), folder);
    for (Path name :
        new Path[] {
          input,
          Files.createSymbolicLink(folder.resolve("link"), Path.of("in")),
          Files.createLink(folder.resolve("hard"), input),
          sub.resolve("../in"),
          linkToFolder.resolve("in")
        }) {
      assertThatThrownBy(
              () -> use().reads("the input", input).writes("the output", name, _ -> true).check())
          .as(name.toString())
          .isInstanceOf(UserException.class)
          .hasMessage(
              name + " is the input and would be overwritten with the output: name another file");
    }
  }

  @Test
  void refusesTwoResultsInOneFileThereOrNot() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("new"));
    Files.createSymbolicLink(folder.resolve("linked"), folder);
    for (Path name : new Path[] {folder.resolve("new"), link, folder.resolve("linked/new")}) {
      assertThatThrownBy(
              () ->
                  use()
                      .writes("the page", folder.resolve("new"), _ -> true)
                      .writes("the table", name, _ -> true)
                      .check())
          .isInstanceOf(UserException.class)
          .hasMessageContaining("is to hold both the page and the table");
    }
  }

  @Test
  void refusesAFolderThatIsReadInEachOfItsFiles() {
    assertThatThrownBy(
            () ->
                use()
                    .readsFolder("a file of the model", folder)
                    .writes("the report", input, _ -> true)
                    .check())
        .hasMessageContaining("in is a file of the model and would be overwritten");
    assertThatCode(() -> use().readsFolder("a file", folder.resolve("none")).check())
        .doesNotThrowAnyException();
  }

  @Test
  void refusesWhatIsThereUnlessItIsOursEmptyOrNoFile() throws IOException {
    assertThatThrownBy(() -> use().writes("the report", input, _ -> false).check())
        .isInstanceOf(UserException.class)
        .hasMessage(
            input
                + " exists and does not hold the report of an earlier run: move or delete it, or"
                + " name another file");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThatCode(
            () ->
                use()
                    .writes("a", empty, _ -> false)
                    .writes("b", folder.resolve("new"), _ -> false)
                    .writes("c", Path.of("/dev/null"), _ -> false)
                    .writes("d", input, FileMarks.of("con", "tent"))
                    .check())
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> use().writes("d", input, FileMarks.of("con", "text")).check())
        .isInstanceOf(UserException.class);
  }

  private static FileUse use() {
    return new FileUse();
  }
}
