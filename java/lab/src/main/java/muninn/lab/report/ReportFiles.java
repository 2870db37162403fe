package muninn.lab.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.files.FileMarks;
import muninn.files.FileProblem;
import muninn.files.FileUse;

/**
 * Writes a report: {@code NAME.html}, and beside it {@code NAME.json} and a {@code NAME.TABLE.csv}
 * a table.
 */
public final class ReportFiles {
  private static final String END = ".html";

  private ReportFiles() {}

  /**
   * Refuses a file that could not be written, before minutes of measuring.
   *
   * @throws UserException naming the file
   */
  public static void check(Path html) {
    Path file = html.toAbsolutePath();
    if (!file.toString().endsWith(END)) {
      throw UserException.of("%s: a report is a file whose name ends in %s", html, END);
    }
    if (Files.isDirectory(file)) {
      throw UserException.of("%s: is a folder; name a file in it", html);
    }
    if (!Files.isDirectory(file.getParent())) {
      throw UserException.of(
          "%s: its folder does not exist; name a file in a folder that does", html);
    }
  }

  /**
   * Says which files a report will write: page, numbers and tables, in place of those of an earlier
   * one only.
   */
  public static void claim(FileUse use, Path html) {
    Path file = html.toAbsolutePath();
    String name = file.getFileName().toString();
    String stem = name.substring(0, name.length() - END.length());
    Predicate<Path> page = FileMarks.of("<!doctype html>", Page.GENERATOR);
    use.writes("the report", html, page);
    use.writes("the report's numbers", html.resolveSibling(stem + ".json"), ReportJson.MARK);
    try (Stream<Path> beside = Files.list(file.getParent())) {
      beside
          .filter(other -> isTable(other, stem))
          .forEach(table -> use.writes("a table of the report", table, _ -> page.test(file)));
    } catch (IOException e) {
      throw UserException.because(e, "%s: %s", file.getParent(), FileProblem.describe(e));
    }
  }

  private static boolean isTable(Path file, String stem) {
    String name = file.getFileName().toString();
    return name.startsWith(stem + ".") && name.endsWith(".csv");
  }

  /**
   * Writes it all.
   *
   * @return the files, the page first
   * @throws UserException when one cannot be written
   */
  public static List<Path> write(Report report, Path html) {
    check(html);
    String name = html.getFileName().toString();
    String stem = name.substring(0, name.length() - END.length());
    Map<String, String> contents = new LinkedHashMap<>();
    contents.put(END, Page.of(report, stem));
    contents.put(".json", ReportJson.of(report));
    for (Table table : report.tables()) {
      contents.put("." + table.name() + ".csv", Csv.of(table));
    }
    List<Path> written = new ArrayList<>();
    contents.forEach((end, text) -> written.add(write(html.resolveSibling(stem + end), text)));
    return written;
  }

  private static Path write(Path file, String text) {
    try {
      return Files.write(
          file, text.getBytes(StandardCharsets.UTF_8)); // what no text may hold becomes ?
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", file, e.getMessage());
    }
  }
}
