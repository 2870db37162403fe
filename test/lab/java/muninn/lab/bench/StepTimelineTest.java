package muninn.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import muninn.UserException;
import muninn.engine.DeviceOptions;
import muninn.kernels.DType;
import muninn.kernels.Op;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program;
import muninn.kernels.TimedLaunch;
import muninn.kernels.TimedLaunch.Block;
import muninn.lab.blocks.BlockTrace.Step;
import muninn.lab.blocks.LaunchSpan;
import muninn.lab.expect.Expectation;
import muninn.model.Model;
import muninn.model.forward.Forward;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What kernels of the timeline's build say on the emulated device, whose clock is the host's. */
class StepTimelineTest {
  private static final String MODEL = "random:64x4x96,vocab=96,context=64,layers=1/2/1";
  private static List<Step> steps;
  private static long before;
  private static long after;

  @BeforeAll
  static void run() {
    before = System.nanoTime();
    steps = timeline(DeviceOptions.DEFAULT.on("emulated"), 1, 9);
    after = System.nanoTime();
  }

  private static List<Step> timeline(DeviceOptions device, Integer... lanes) {
    try (Model model = Model.open(MODEL)) {
      return new StepTimeline(model, device, 20, _ -> {}).run(List.of(lanes));
    }
  }

  /** What the core's program is made of. */
  private static List<String> operations() {
    try (Model model = Model.open(MODEL)) {
      PaperDevice paper = new PaperDevice(DType.BF16, DType.BF16);
      Forward forward = Expectation.forward(model, paper, 1);
      return forward.program(Program.Role.CORE).ops().stream().map(Op::name).toList();
    }
  }

  @Test
  void everyOperationOfTheStepIsThereOnceAndInOrder() {
    for (Step step : steps) {
      List<String> names = new ArrayList<>();
      for (TimedLaunch launch : step.launches()) {
        if (names.isEmpty() || !names.getLast().equals(launch.operation())) {
          names.add(launch.operation());
        }
      }
      assertThat(names).isEqualTo(operations());
    }
  }

  @Test
  void everyBlockOfALaunchIsThereOnceAndItsTimesAscend() {
    for (Step step : steps) {
      long previous = before;
      for (TimedLaunch launch : step.launches()) {
        int lanes = step.lanes();
        if (launch.kernel().startsWith("norm_")) {
          assertThat(launch.blocks()).hasSize(lanes);
        }
        for (Block block : launch.blocks()) {
          assertThat(block.begun()).isGreaterThanOrEqualTo(previous);
          assertThat(block.released()).isGreaterThanOrEqualTo(block.begun());
          assertThat(block.ended()).isGreaterThanOrEqualTo(block.released());
        }
        previous = launch.ended(); // here a launch begins when the one before has ended
      }
      assertThat(previous).isLessThanOrEqualTo(after);
    }
  }

  @Test
  void aMultiprocessorHasOneBlockAtATimeHere() {
    for (Step step : steps) {
      Map<Integer, List<Block>> byMultiprocessor =
          step.launches().stream()
              .flatMap(launch -> launch.blocks().stream())
              .collect(Collectors.groupingBy(Block::multiprocessor));
      byMultiprocessor.forEach(
          (_, blocks) -> {
            List<Block> sorted =
                blocks.stream().sorted(Comparator.comparingLong(Block::begun)).toList();
            for (int i = 1; i < sorted.size(); i++) {
              assertThat(sorted.get(i).begun()).isGreaterThanOrEqualTo(sorted.get(i - 1).ended());
            }
          });
    }
  }

  @Test
  void launchesThatMayOverlapAreMarkedAndNoneIsWithoutOverlap() {
    assertThat(steps.getFirst().launches()).anyMatch(TimedLaunch::early);
    DeviceOptions apart = DeviceOptions.DEFAULT.on("emulated").withKernels("pdl=off");
    assertThat(timeline(apart, 1).getFirst().launches()).noneMatch(TimedLaunch::early);
  }

  @Test
  void figuresOfAStepAreThoseOfItsBlocks() {
    for (Step step : steps) {
      List<LaunchSpan> spans = step.spans();
      assertThat(spans).hasSameSizeAs(step.launches());
      assertThat(spans.getFirst().begin()).isZero();
      assertThat(spans).allMatch(span -> span.overlap() == 0 && span.imbalance() >= 1);
      assertThat(spans.stream().mapToLong(span -> span.gap() + span.end() - span.begin()).sum())
          .isEqualTo(spans.getLast().end());
    }
  }

  @Test
  void aDeviceWithoutBlocksIsRefused() {
    DeviceOptions cpu = DeviceOptions.cpu(1);
    assertThatThrownBy(() -> timeline(cpu, 1))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("choose device cuda or emulated");
  }
}
