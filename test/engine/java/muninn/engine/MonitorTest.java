package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import muninn.engine.answer.Completion;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.kernels.cpu.CpuDevice;
import muninn.model.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine tells of itself: to a monitor, and to the JDK's flight recorder. */
class MonitorTest {
  private static final int STEPS = 4;
  private static final int NEW = 3;
  private static final int[] PROMPT = {1, 2, 3, 4, 5};

  @TempDir Path folder;

  private final List<String> heard = new ArrayList<>();
  private final List<Monitor.LanesSeen> thinking = new ArrayList<>();
  private final List<Monitor.Left> left = new ArrayList<>();
  private final List<Monitor.Admission> admitted = new ArrayList<>();
  private final List<Monitor.Squash> squashed = new ArrayList<>();
  private final Semaphore idle = new Semaphore(0);

  @Test
  void ticksPassesAdmissionsAndExitsAreToldInOrder() throws InterruptedException {
    answer(Thinking.PLAIN);

    assertThat(heard).startsWith("idle", "busy", "tick", "admitted", "OPEN", "THINK");
    assertThat(heard).endsWith("tick ends", "idle", "busy"); // with closing the engine
    assertThat(heard.stream().filter("tick"::equals))
        .hasSameSizeAs(heard.stream().filter("tick ends"::equals).toList());
    assertThat(admitted).hasSize(1);
    assertThat(admitted.getFirst().promptTokens()).isEqualTo(PROMPT.length);
    assertThat(admitted.getFirst().queuedNanos()).isNotNegative();
    assertThat(left).hasSize(PROMPT.length + NEW - 1);
    assertThat(left).allMatch(exit -> exit.steps() == STEPS && exit.budget() == STEPS);
    assertThat(squashed).isEmpty();
  }

  @Test
  void aPassSaysWhomItTakesAndHowFarTheyLookBack() throws InterruptedException {
    answer(Thinking.PLAIN);

    // The prompt's five positions read each other's keys, then each new one all before it.
    assertThat(thinking.subList(0, STEPS))
        .containsOnly(new Monitor.LanesSeen(5, 5, 1 + 2 + 3 + 4 + 5, 5));
    assertThat(thinking.subList(STEPS, 2 * STEPS)).containsOnly(new Monitor.LanesSeen(1, 0, 6, 6));
    assertThat(thinking).hasSize(NEW * STEPS);
  }

  @Test
  void guessesThatWereWrongAreTold() throws InterruptedException {
    answer(Thinking.PLAIN.withSpeculation(Speculation.parse("wavefront:draft=1")));

    long lanes = squashed.stream().mapToInt(Monitor.Squash::lanes).sum();
    assertThat(lanes).isEqualTo(completion.stats().speculated().squashed());
  }

  @Test
  void theFlightRecorderHasTheSame() throws Exception {
    Path file = folder.resolve("engine.jfr");
    try (Recording recording = new Recording()) {
      for (String name : List.of("Tick", "Admission", "Prompt", "Exit", "Squash")) {
        recording.enable("muninn." + name).withoutThreshold();
      }
      recording.start();
      answer(Thinking.PLAIN.withSpeculation(Speculation.parse("wavefront:draft=1")));
      recording.stop();
      recording.dump(file);
    }

    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    Map<String, Long> counts =
        events.stream()
            .collect(
                Collectors.groupingBy(
                    event -> event.getEventType().getName(), Collectors.counting()));
    assertThat(counts.get("muninn.Tick")).isEqualTo(heard.stream().filter("tick"::equals).count());
    assertThat(counts.get("muninn.Admission")).isEqualTo(1);
    assertThat(counts.get("muninn.Prompt")).isEqualTo(1);
    assertThat(counts.get("muninn.Exit")).isEqualTo(left.size());
    assertThat(counts.getOrDefault("muninn.Squash", 0L)).isEqualTo(squashed.size());
    RecordedEvent admission =
        events.stream()
            .filter(event -> event.getEventType().getName().equals("muninn.Admission"))
            .findFirst()
            .orElseThrow();
    assertThat(admission.getInt("promptTokens")).isEqualTo(PROMPT.length);
    assertThat(admission.getDuration("queued").isNegative()).isFalse();
  }

  private Completion completion;

  private void answer(Thinking thinking) throws InterruptedException {
    Request request =
        new Request(
            PROMPT,
            Options.DEFAULT
                .withSteps(STEPS)
                .withMaxTokens(NEW)
                .withIgnoreEos(true)
                .withThinking(thinking));
    try (Engine engine =
        Engine.open(
            Model.open(Golden.folder("raven-nano").toString()),
            new EngineOptions(DeviceOptions.cpu(1), 16, 2, 8, 0),
            () -> new CpuDevice(1),
            new Heard())) {
      idle.acquire();
      completion = engine.submit(request).completion().join();
      idle.acquire();
    }
  }

  private final class Heard implements Monitor {
    @Override
    public void busy() {
      heard.add("busy");
    }

    @Override
    public void idle() {
      heard.add("idle");
      idle.release();
    }

    @Override
    public void tickBegins() {
      heard.add("tick");
    }

    @Override
    public void pass(Pass pass, LanesSeen lanes) {
      heard.add(pass.name());
      if (pass == Pass.THINK) {
        MonitorTest.this.thinking.add(lanes);
      }
    }

    @Override
    public void tickEnds(Tick tick) {
      heard.add("tick ends");
    }

    @Override
    public void admitted(Admission admission) {
      heard.add("admitted");
      admitted.add(admission);
    }

    @Override
    public void left(Left exit) {
      left.add(exit);
    }

    @Override
    public void squashed(Squash squash) {
      squashed.add(squash);
    }
  }
}
