package muninn.lab.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import muninn.engine.Monitor.LanesSeen;
import muninn.engine.Monitor.Pass;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Op;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.cpu.CpuDevice;
import muninn.lab.Limits;
import muninn.lab.profile.Breakdown.Part;
import muninn.lab.profile.TimedDevice.Detail;
import muninn.lab.profile.TimedDevice.Timed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is made of an engine's passes and a device's times, both told by the test. */
class RecorderTest {
  private static final double SECOND = 1e9;

  private final Breakdown breakdown = new Breakdown(new Limits(10 * SECOND, 100 * SECOND));
  private final CpuDevice cpu = new CpuDevice(1);
  private final Recorder recorder = new Recorder();

  RecorderTest() {
    recorder.listenTo(cpu);
    recorder.idle();
  }

  @AfterEach
  void close() {
    cpu.close();
  }

  @Test
  void aPassIsPrefillWhereMostOfItsLanesArePositionsOfPrompts() {
    recorder.begin(Detail.STAGES, breakdown, null);
    recorder.busy();
    stage(new LanesSeen(5, 3, 40, 40), Role.CORE, 0);
    stage(new LanesSeen(5, 2, 40, 40), Role.CORE, 0);
    stage(new LanesSeen(4, 2, 40, 40), Role.CODA, 0);
    stage(new LanesSeen(4, 4, 40, 40), Role.HEAD, 0);
    recorder.idle();
    recorder.end();

    assertThat(breakdown.parts().keySet())
        .containsExactly(Part.PREFILL, Part.CORE, Part.CODA, Part.HEAD);
    assertThat(breakdown.parts().get(Part.CORE).lanes()).isEqualTo(5);
  }

  @Test
  void whatLiesBetweenStagesIsTheHosts() {
    recorder.begin(Detail.STAGES, breakdown, null);
    recorder.busy();
    double from = System.nanoTime();
    done(Role.CORE, from + 100, from + 300);
    done(Role.CORE, from + 350, from + 500);
    recorder.idle();
    Recorder.Round round = recorder.end();
    breakdown.addRound(round.wallNanos(), round.wallNanos() - round.busyNanos(), 1);

    assertThat(breakdown.parts().get(Part.CORE).nanos()).isCloseTo(350, within(0.5));
    assertThat(breakdown.hostNanos()).isGreaterThanOrEqualTo(100);
    assertThat(breakdown.unaccountedNanos()).isCloseTo(0, within(0.5));
  }

  @Test
  void clocksThatDisagreeAreNotHidden() {
    recorder.begin(Detail.STAGES, breakdown, null);
    recorder.busy();
    double from = System.nanoTime();
    done(Role.CORE, from, from + 1000 * SECOND); // longer than anybody has waited for it
    recorder.idle();
    Recorder.Round round = recorder.end();
    breakdown.addRound(round.wallNanos(), round.wallNanos() - round.busyNanos(), 1);

    assertThat(breakdown.unaccountedNanos()).isLessThan(-900 * SECOND);
  }

  @Test
  void whatSpeaksIsHeldAgainstTheContextOfThoseThatSpeak() {
    recorder.begin(Detail.STAGES, breakdown, null);
    recorder.busy();
    recorder.pass(Pass.CODA, new LanesSeen(512, 512, 131_328, 512));
    recorder.pass(Pass.SPEAK, new LanesSeen(1, 1, 512, 512));
    done(attending(Role.CODA), 512);
    done(attending(Role.HEAD), 1);
    recorder.idle();
    recorder.end();

    // two products of a query's four elements with each position attended to
    assertThat(breakdown.parts().get(Part.PREFILL).cost().flop()).isEqualTo(4 * 4 * 131_328L);
    assertThat(breakdown.parts().get(Part.HEAD).cost().flop()).isEqualTo(4 * 4 * 512L);
  }

  private static Program attending(Role role) {
    try (PaperDevice paper = new PaperDevice(DType.BF16, DType.BF16)) {
      Buffer q = paper.operand(512, 4);
      KvCache cache = paper.kvCache(1, 1, 4);
      return Program.of(
          role, new Op.Attend(q, paper.sequences(1, 512, 1), cache, new KvSlot(0, 0), q));
    }
  }

  private void stage(LanesSeen lanes, Role role, double nanos) {
    tell(lanes);
    recorder.enqueued(program(role));
    double now = System.nanoTime();
    recorder.done(new Timed(program(role), lanes.count(), 0, 0, now, now + nanos, List.of()));
  }

  private void done(Program program, int lanes) {
    recorder.enqueued(program);
    double now = System.nanoTime();
    recorder.done(new Timed(program, lanes, 0, 0, now, now, List.of()));
  }

  private void done(Role role, double begin, double end) {
    tell(new LanesSeen(1, 0, 9, 9));
    recorder.enqueued(program(role));
    recorder.done(new Timed(program(role), 1, 0, 0, begin, end, List.of()));
  }

  /** All passes of a tick take the same lanes. */
  private void tell(LanesSeen lanes) {
    for (Pass pass : Pass.values()) {
      recorder.pass(pass, lanes);
    }
  }

  private static Program program(Role role) {
    return new Program("a program", role, List.of());
  }
}
