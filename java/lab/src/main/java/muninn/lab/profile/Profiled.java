package muninn.lab.profile;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import muninn.UserException;
import muninn.files.FileMarks;
import muninn.lab.report.Header;
import muninn.lab.report.Report;

/** What a {@link Profile} found, as a report and as a timeline. */
public final class Profiled {
  /** What a timeline is known by. */
  public static final Predicate<Path> TIMELINE =
      FileMarks.of("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"command\":\"muninn ", "");

  private final ProfileResult result;
  private final Report report;

  Profiled(ProfileResult result, Header header) {
    this.result = result;
    report = new ProfileReport(result).of(header);
  }

  /** In pictures and tables. */
  public Report report() {
    return report;
  }

  /**
   * Writes the timeline in Chrome's trace format.
   *
   * @throws UserException when that cannot be written
   */
  public void writeTimeline(Path file) {
    Map<String, String> about = new LinkedHashMap<>();
    about.put("command", report.header().commandLine());
    about.put("model", report.header().model());
    about.put("device", report.header().device());
    about.put("platform", report.header().platform());
    about.put("date", report.header().date().toString());
    try (Writer out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      ChromeTrace.write(out, result.timeline(), about);
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", file, e.getMessage());
    }
  }
}
