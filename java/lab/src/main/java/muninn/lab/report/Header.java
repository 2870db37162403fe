package muninn.lab.report;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What it takes to repeat a run.
 *
 * @param instrument the command's name, as {@code trace}
 * @param command the arguments after {@code muninn}, as given
 * @param version of Muninn
 * @param commit of the working tree it ran from, where there is one
 * @param device where the engine computed
 * @param platform clocks, driver, versions of that device
 * @param processor the machine's processor and how many cores
 * @param settings what else was chosen, defaults included, by option name
 */
public record Header(
    String instrument,
    List<String> command,
    String version,
    Optional<String> commit,
    Instant date,
    String model,
    ModelId modelId,
    String device,
    String platform,
    String processor,
    long seed,
    Map<String, String> settings) {

  public Header {
    command = List.copyOf(command);
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /**
   * Which model it was.
   *
   * @param sha256 in hexadecimal
   * @param of what was hashed
   */
  public record ModelId(String sha256, String of) {}

  /** The model without the path of its folder. */
  public String modelName() {
    Path last = model.startsWith("random:") ? null : Path.of(model).getFileName();
    return last == null ? model : last.toString();
  }

  /** As it is typed: words with spaces or signs that a shell knows stand in quotes. */
  public String commandLine() {
    StringBuilder line = new StringBuilder("muninn");
    for (String word : command) {
      line.append(' ');
      line.append(word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'");
    }
    return line.toString();
  }

  /** By name, in the order a reader wants them. */
  Map<String, String> lines() {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("Command", commandLine());
    lines.put("Model", model);
    lines.put("Model hash", "sha256 " + modelId.sha256() + " (" + modelId.of() + ")");
    lines.put("Device", device);
    lines.put("Platform", platform);
    lines.put("Processor", processor);
    lines.put("Muninn", version + commit.map(id -> ", commit " + id).orElse(""));
    lines.put("Seed", Long.toString(seed));
    lines.put("Date", date.toString());
    lines.putAll(settings);
    return lines;
  }
}
