package muninn.lab.blocks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import muninn.files.FileMarks;
import muninn.kernels.TimedLaunch;
import muninn.kernels.TimedLaunch.Block;
import muninn.lab.report.ReportJson;

/**
 * Blocks in Chrome's trace format, which <a href="https://ui.perfetto.dev">Perfetto</a> opens: two
 * processes a step, its launches and its multiprocessors, each of which has a track, and one more
 * for each block that runs there beside others. Within a block lies the time that it waited for the
 * launch before. The table of launches stands in the same object, under {@code launches}.
 */
public final class BlockTrace {
  /** What such a file is known by. */
  public static final Predicate<Path> MARK =
      FileMarks.of("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"muninn\":", "");

  private static final int MOST_BESIDE = 64; // tracks of a multiprocessor

  /**
   * A step of the core.
   *
   * @param launches in the order of beginning
   */
  public record Step(int lanes, List<TimedLaunch> launches) {
    public Step {
      launches = List.copyOf(launches);
    }

    public List<LaunchSpan> spans() {
      return LaunchSpan.of(lanes, launches);
    }

    /** Nanoseconds between the closest of its times: the clock moves in no larger steps. */
    public long clockStep() {
      long[] times =
          launches.stream()
              .flatMap(launch -> launch.blocks().stream())
              .flatMapToLong(b -> LongStream.of(b.begun(), b.released(), b.ended()))
              .distinct()
              .sorted()
              .toArray();
      return IntStream.range(1, times.length)
          .mapToLong(i -> times[i] - times[i - 1])
          .min()
          .orElse(0);
    }
  }

  private record Placed(TimedLaunch launch, int number, Block block) {}

  private final JsonGenerator json;
  private int process;
  private long origin;

  private BlockTrace(JsonGenerator json) {
    this.json = json;
  }

  /**
   * Writes it.
   *
   * @param about what it was taken on, by name
   */
  public static void write(Writer out, List<Step> steps, Map<String, String> about)
      throws IOException {
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("displayTimeUnit", "ns");
      json.writeObjectFieldStart("otherData");
      for (Map.Entry<String, String> entry : about.entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      ReportJson.table(
          json, LaunchSpans.of(steps.stream().flatMap(s -> s.spans().stream()).toList()));
      json.writeArrayFieldStart("traceEvents");
      BlockTrace trace = new BlockTrace(json);
      for (Step step : steps) {
        trace.step(step);
      }
      json.writeEndArray();
      json.writeEndObject();
      json.writeRaw("\n");
    }
  }

  private void step(Step step) throws IOException {
    String lanes = step.lanes() == 1 ? "1 lane" : step.lanes() + " lanes";
    origin = step.launches().isEmpty() ? 0 : step.launches().getFirst().begun();
    process++;
    name("process_name", 0, lanes + ": launches");
    Tracks launches = new Tracks();
    for (TimedLaunch launch : step.launches()) {
      int track = launches.free(0, launch.begun(), launch.ended());
      event(track, launch.operation(), launch.kernel(), launch.begun(), launch.ended());
      json.writeNumberField("blocks", launch.blocks().size());
      json.writeBooleanField("early", launch.early());
      end();
    }
    launches.name(_ -> "launches");
    process++;
    name("process_name", 0, lanes + ": multiprocessors");
    blocks(step.launches());
  }

  private void blocks(List<TimedLaunch> launches) throws IOException {
    List<Placed> all = new ArrayList<>();
    for (TimedLaunch launch : launches) {
      for (int i = 0; i < launch.blocks().size(); i++) {
        all.add(new Placed(launch, i, launch.blocks().get(i)));
      }
    }
    all.sort(Comparator.comparingLong(placed -> placed.block.begun()));
    Tracks tracks = new Tracks();
    for (Placed placed : all) {
      Block block = placed.block;
      int track = tracks.free(block.multiprocessor(), block.begun(), block.ended());
      TimedLaunch launch = placed.launch;
      event(track, launch.operation(), launch.kernel(), block.begun(), block.ended());
      json.writeNumberField("block", placed.number);
      end();
      if (launch.early() && block.released() > block.begun()) {
        event(track, "waits", "wait", block.begun(), block.released());
        end();
      }
    }
    tracks.name(number -> "multiprocessor " + number);
  }

  /** Which tracks are free: of those of a number the first one. */
  private final class Tracks {
    private final Map<Integer, List<Long>> ends = new HashMap<>();

    int free(int number, long from, long to) {
      List<Long> tracks = ends.computeIfAbsent(number, _ -> new ArrayList<>());
      int beside = 0;
      while (beside < tracks.size() && tracks.get(beside) > from) {
        beside++;
      }
      if (beside == tracks.size()) {
        tracks.add(to);
      }
      tracks.set(beside, to);
      return track(number, beside);
    }

    private int track(int number, int beside) {
      return MOST_BESIDE * number + beside + 1;
    }

    void name(IntFunction<String> what) throws IOException {
      for (Map.Entry<Integer, List<Long>> entry : ends.entrySet()) {
        for (int beside = 0; beside < entry.getValue().size(); beside++) {
          int number = entry.getKey();
          String name = what.apply(number) + (beside == 0 ? "" : ", beside " + beside);
          BlockTrace.this.name("thread_name", track(number, beside), name);
        }
      }
    }
  }

  private void name(String what, int track, String name) throws IOException {
    json.writeRaw("\n");
    json.writeStartObject();
    json.writeStringField("ph", "M");
    place(track);
    json.writeStringField("name", what);
    json.writeObjectFieldStart("args");
    json.writeStringField("name", name);
    end();
  }

  /** Begins an event; its details may follow. */
  private void event(int track, String name, String kind, long from, long to) throws IOException {
    json.writeRaw("\n");
    json.writeStartObject();
    json.writeStringField("ph", "X");
    place(track);
    json.writeStringField("name", name.isEmpty() ? kind : name);
    json.writeStringField("cat", kind);
    json.writeFieldName("ts");
    json.writeNumber(micros(from - origin));
    json.writeFieldName("dur");
    json.writeNumber(micros(to - from));
    json.writeObjectFieldStart("args");
  }

  private void end() throws IOException {
    json.writeEndObject();
    json.writeEndObject();
  }

  private void place(int track) throws IOException {
    json.writeNumberField("pid", process);
    json.writeNumberField("tid", track);
  }

  /** Without rounding, so that what is nested stays so. */
  private static BigDecimal micros(long nanos) {
    return BigDecimal.valueOf(nanos, 3);
  }
}
