package muninn.lab.trace;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.files.FileMarks;
import muninn.lab.report.Header;
import muninn.model.SafetensorsWriter;
import muninn.model.SafetensorsWriter.Block;

/**
 * Raw states for programs of the reader's own: {@code states [positions, steps + 1, d]}, where
 * other starts end ({@code ends [starts, positions, d]}, the first start's among them), and the
 * principal {@code directions [k, d]} with the {@code mean [d]} they are counted from.
 */
public final class TraceStates {
  /** What such a file is known by. */
  public static final Predicate<Path> MARK = FileMarks.of("", "\"command\":\"muninn trace");

  private TraceStates() {}

  /**
   * Writes a safetensors file.
   *
   * @throws muninn.UserException when it cannot be written
   */
  public static void write(Path file, Trace trace, Header header) {
    List<Trajectory> trajectories = trace.trajectories();
    int positions = trajectories.size();
    int steps = trace.options().steps();
    int d = trajectories.getFirst().state(0).length;
    List<Block> blocks = new ArrayList<>();
    blocks.add(
        new Block(
            "states",
            List.of(positions, steps + 1, d),
            trajectories.stream()
                .flatMap(t -> IntStream.rangeClosed(0, steps).mapToObj(t::state))));
    blocks.add(
        new Block(
            "ends",
            List.of(trace.starts().size() + 1, positions, d),
            Stream.concat(
                trajectories.stream().map(t -> t.state(steps)),
                trace.starts().stream().flatMap(start -> start.ends().stream()))));
    blocks.add(
        new Block(
            "directions",
            List.of(trace.principal().size(), d),
            trace.principal().directions().stream()));
    blocks.add(new Block("mean", List.of(d), Stream.of(trace.principal().mean())));

    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt");
    metadata.put("command", header.commandLine());
    metadata.put("model", header.model());
    metadata.put("model_sha256", header.modelId().sha256());
    metadata.put("muninn", header.version());
    metadata.put("device", header.device());
    metadata.put("date", header.date().toString());
    metadata.put(
        "tokens",
        trajectories.stream()
            .map(t -> Integer.toString(t.token()))
            .collect(Collectors.joining(",")));
    metadata.put(
        "seeds",
        Stream.concat(
                Stream.of(trace.options().seed()), trace.starts().stream().map(OtherStart::seed))
            .map(seed -> Long.toString(seed))
            .collect(Collectors.joining(",")));
    SafetensorsWriter.write(file, metadata, blocks);
  }
}
