package muninn.lab.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.Lanes;
import muninn.kernels.Mark;
import muninn.kernels.Op;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Routine;
import muninn.kernels.Samples;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.cpu.CpuDevice;
import muninn.lab.profile.TimedDevice.Detail;
import muninn.lab.profile.TimedDevice.Operation;
import muninn.lab.profile.TimedDevice.Timed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A clock beside a device. The device below is the CPU's but for its marks, which are those of a
 * device behind the host: every mark is 100 ns after the one before, and none is passed until
 * somebody waits.
 */
class TimedDeviceTest {
  private static final int D = 16;

  private final List<String> heard = new ArrayList<>();
  private final List<Timed> done = new ArrayList<>();
  private final List<Integer> below = new ArrayList<>(); // operations of each program that ran
  private int marks;
  private int open;
  private int passed;
  private final TimedDevice device = new TimedDevice(new Behind(new CpuDevice(1)), new Heard());
  private final Lanes lanes = device.lanes(4);
  private final Buffer x = device.buffer(4, D);
  private final Buffer y = device.buffer(4, D);
  private final Buffer weight = device.table(DType.F32, 1, D, Arena.ofAuto().allocate(4 * D));
  private final List<Op> operations =
      List.of(
          new Op.Norm(x, weight, 1e-6f, y),
          new Op.Move(y, x.byRow()),
          new Op.Norm(x.byRow(), weight, 1e-6f, y));
  private final Routine prelude = routine("prelude", Role.PRELUDE);
  private final Routine core = routine("core", Role.CORE);
  private final Routine head = routine("head", Role.HEAD);

  private Routine routine(String name, Role role) {
    return device.prepare(new Program(name, role, operations));
  }

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void aProgramIsOnePieceUnlessOperationsAreWanted() {
    lanes.add(0, 0, 0, 0, 0);
    device.look(Detail.STAGES);
    core.run(lanes);
    device.finish();

    assertThat(done).hasSize(1);
    Timed run = done.getFirst();
    assertThat(run.program()).isEqualTo(new Program("core", Role.CORE, operations));
    assertThat(run.lanes()).isEqualTo(1);
    assertThat(run.operations()).isEmpty();
    assertThat(run.end() - run.begin()).isEqualTo(100);
    assertThat(run.from()).isLessThanOrEqualTo(run.to());
    assertThat(below).containsExactly(3); // so the device may record it
  }

  @Test
  void operationsOfAProgramFollowEachOtherWithoutAGap() {
    lanes.add(0, 0, 0, 0, 0);
    device.look(Detail.OPERATIONS);
    core.run(lanes);
    head.run(lanes);
    device.finish();

    assertThat(done).extracting(run -> run.program().name()).containsExactly("core", "head");
    for (Timed run : done) {
      assertThat(run.operations()).extracting(Operation::op).isEqualTo(operations);
      assertThat(run.operations().getFirst().begin()).isEqualTo(run.begin());
      assertThat(run.operations().getLast().end()).isEqualTo(run.end());
      for (int i = 1; i < run.operations().size(); i++) {
        assertThat(run.operations().get(i).begin()).isEqualTo(run.operations().get(i - 1).end());
      }
      assertThat(run.end() - run.begin()).isEqualTo(300);
    }
    assertThat(done.get(1).begin()).isEqualTo(done.get(0).end() + 100);
    assertThat(below).containsOnly(1).hasSize(6); // what is recorded has no operations
  }

  @Test
  void whatTheHostReadsIsAProgramOfItsOwnAndWaitedFor() {
    lanes.add(0, 0, 0, 0, 0);
    Sequences sequences = device.sequences(1, 1, 1);
    sequences.open(0, new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1));
    Op.Draw draw = new Op.Draw(x, sequences, device.sampled(4));
    device.look(Detail.OPERATIONS);
    Samples samples = device.prepare(draw).run(lanes);
    assertThat(samples.await().tokens()).containsExactly(0);
    device.finish();

    assertThat(heard).containsExactly("enqueued draw", "waited", "done draw");
    assertThat(done.getFirst().program().role()).isEqualTo(Role.DRAW);
    assertThat(done.getFirst().operations()).extracting(Operation::op).containsExactly(draw);
  }

  @Test
  void nothingIsMarkedOrToldWhereNobodyLooksOrNoLanesAre() {
    device.look(Detail.STAGES);
    core.run(lanes);
    device.look(Detail.OFF);
    int before = marks;
    lanes.add(0, 0, 0, 0, 0);
    core.run(lanes);
    device.finish();

    assertThat(heard).isEmpty();
    assertThat(marks).isEqualTo(before);
    assertThat(below).containsExactly(3, 3);
  }

  @Test
  void whatTheDeviceHasNotPassedIsToldLaterAndInOrder() {
    lanes.add(0, 0, 0, 0, 0);
    device.look(Detail.STAGES);
    prelude.run(lanes);
    core.run(lanes);
    device.tell();
    assertThat(heard).containsExactly("enqueued prelude", "enqueued core");

    device.finish();
    assertThat(heard)
        .containsExactly("enqueued prelude", "enqueued core", "done prelude", "done core");
  }

  @Test
  void marksAreGivenBack() {
    lanes.add(0, 0, 0, 0, 0);
    device.look(Detail.OPERATIONS);
    for (int i = 0; i < 1000; i++) {
      core.run(lanes);
    }
    device.look(Detail.OFF);

    assertThat(done).hasSize(1000);
    assertThat(open).isZero();
  }

  private final class Behind extends ForwardingDevice {
    Behind(Device device) {
      super(device);
    }

    @Override
    public Routine prepare(Program program) {
      Routine routine = super.prepare(program);
      return table -> {
        below.add(program.ops().size());
        routine.run(table);
      };
    }

    @Override
    public Mark mark() {
      open++;
      return new Place(++marks);
    }

    @Override
    public void synchronize() {
      passed = marks;
    }
  }

  private final class Place implements Mark {
    private final int number;

    Place(int number) {
      this.number = number;
    }

    @Override
    public boolean passed() {
      return number <= passed;
    }

    @Override
    public double nanosSince(Mark earlier) {
      assertThat(passed()).isTrue();
      return 100 * (number - ((Place) earlier).number);
    }

    @Override
    public void close() {
      open--;
    }
  }

  private final class Heard implements TimedDevice.Listener {
    @Override
    public void enqueued(Program program) {
      heard.add("enqueued " + program.name());
    }

    @Override
    public void done(Timed run) {
      heard.add("done " + run.program().name());
      done.add(run);
    }

    @Override
    public void waited(long from, long to) {
      heard.add("waited");
    }
  }
}
