package muninn.lab.blocks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import muninn.kernels.TimedLaunch;
import muninn.kernels.TimedLaunch.Block;
import org.junit.jupiter.api.Test;

/** Launches that overlap, as on a GPU. */
class BlockTraceTest {
  private static final long ORIGIN = 5_000_000;

  /**
   * Two multiprocessors; the second launch begins in the first one's tail, the third after a gap.
   */
  private static final List<TimedLaunch> LAUNCHES =
      List.of(
          new TimedLaunch("qkv", "linear", true, List.of(block(0, 0, 0, 90), block(1, 0, 0, 110))),
          new TimedLaunch(
              "attention",
              "attention",
              true,
              List.of(block(0, 95, 112, 150), block(1, 60, 112, 200))),
          new TimedLaunch("norm", "norm", false, List.of(block(1, 230, 230, 240))));

  private static Block block(int multiprocessor, long begun, long released, long ended) {
    return new Block(multiprocessor, ORIGIN + begun, ORIGIN + released, ORIGIN + ended);
  }

  @Test
  void gapsOverlapsAndTheLongestBlockAreOfTheLaunchesBefore() {
    List<LaunchSpan> spans = LaunchSpan.of(2, LAUNCHES);
    assertThat(spans).extracting(LaunchSpan::begin).containsExactly(0L, 60L, 230L);
    assertThat(spans).extracting(LaunchSpan::ready).containsExactly(0L, 112L, 230L);
    assertThat(spans).extracting(LaunchSpan::end).containsExactly(110L, 200L, 240L);
    assertThat(spans).extracting(LaunchSpan::overlap).containsExactly(0L, 50L, 0L);
    assertThat(spans).extracting(LaunchSpan::gap).containsExactly(0L, 0L, 30L);
    assertThat(spans).extracting(LaunchSpan::meanBlock).containsExactly(100.0, 63.0, 10.0);
    assertThat(spans).extracting(LaunchSpan::longestBlock).containsExactly(110L, 88L, 10L);
    assertThat(spans).extracting(LaunchSpan::multiprocessors).containsExactly(2, 2, 1);
  }

  @Test
  void theClocksStepIsTheLeastDifference() {
    assertThat(new BlockTrace.Step(2, LAUNCHES).clockStep()).isEqualTo(2);
    assertThat(new BlockTrace.Step(2, List.of()).clockStep()).isZero();
  }

  private static JsonNode trace() throws IOException {
    StringWriter out = new StringWriter();
    BlockTrace.write(out, List.of(new BlockTrace.Step(2, LAUNCHES)), Map.of("command", "\"x\""));
    return new ObjectMapper().readTree(out.toString());
  }

  @Test
  void aMultiprocessorHasATrackAndOneMoreForABlockBeside() throws IOException {
    Map<String, List<String>> tracks = new HashMap<>();
    Map<String, String> names = new HashMap<>();
    for (JsonNode event : trace().get("traceEvents")) {
      String track = event.get("pid") + " " + event.get("tid");
      if (event.get("ph").asText().equals("M")) {
        names.put(track, event.at("/args/name").asText());
      } else {
        tracks
            .computeIfAbsent(track, _ -> new ArrayList<>())
            .add(event.get("name").asText() + " " + event.get("ts") + "+" + event.get("dur"));
      }
    }
    Map<String, List<String>> byName = new HashMap<>();
    tracks.forEach((track, events) -> byName.put(names.get(track), events));
    assertThat(byName)
        .containsEntry(
            "multiprocessor 0",
            List.of("qkv 0.0+0.09", "attention 0.095+0.055", "waits 0.095+0.017"))
        .containsEntry("multiprocessor 1", List.of("qkv 0.0+0.11", "norm 0.23+0.01"))
        .containsEntry(
            "multiprocessor 1, beside 1", List.of("attention 0.06+0.14", "waits 0.06+0.052"))
        .containsEntry("launches", List.of("qkv 0.0+0.11", "norm 0.23+0.01"))
        .containsEntry("launches, beside 1", List.of("attention 0.06+0.14"));
  }

  @Test
  void theTableOfLaunchesStandsBesideTheEvents() throws IOException {
    JsonNode trace = trace();
    assertThat(trace.at("/launches/1/operation").asText()).isEqualTo("attention");
    assertThat(trace.at("/launches/1/overlap_nanos").asLong()).isEqualTo(50);
    assertThat(trace.at("/otherData/command").asText()).isEqualTo("\"x\"");
  }
}
