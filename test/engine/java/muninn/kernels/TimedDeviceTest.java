package muninn.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import muninn.kernels.TimedDevice.Detail;
import muninn.kernels.TimedDevice.Operation;
import muninn.kernels.TimedDevice.Timed;
import muninn.kernels.cpu.CpuDevice;
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
  private final List<String> below = new ArrayList<>();
  private int marks;
  private int open;
  private int passed;
  private final CpuDevice cpu = new CpuDevice(1);
  private final TimedDevice device = new TimedDevice(behind(), new Heard());
  private final Lanes lanes = device.lanes(4);
  private final Buffer x = device.buffer(4, D);
  private final Buffer y = device.buffer(4, D);
  private final Buffer norm = device.table(DType.F32, 1, D, Arena.ofAuto().allocate(4 * D));

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void aStageIsOnePieceUnlessOperationsAreWanted() {
    lanes.add(0, 0, 0, 0, 0);
    device.look(Detail.STAGES);
    device.stage("core", lanes, this::operations);
    device.finish();

    assertThat(done).hasSize(1);
    Timed core = done.getFirst();
    assertThat(core.stage()).isEqualTo("core");
    assertThat(core.lanes()).isEqualTo(1);
    assertThat(core.operations()).isEmpty();
    assertThat(core.end() - core.begin()).isEqualTo(100);
    assertThat(core.from()).isLessThanOrEqualTo(core.to());
    assertThat(below).contains("stage"); // so the device may record it
  }

  @Test
  void operationsOfAStageFollowEachOtherWithoutAGap() {
    lanes.add(0, 0, 0, 0, 0);
    device.look(Detail.OPERATIONS);
    device.stage("core", lanes, this::operations);
    device.stage("head", lanes, this::operations);
    device.finish();

    assertThat(done).extracting(Timed::stage).containsExactly("core", "head");
    for (Timed stage : done) {
      assertThat(stage.operations())
          .extracting(Operation::name)
          .containsExactly("norm", "scatter", "gatherNorm");
      assertThat(stage.operations().getFirst().begin()).isEqualTo(stage.begin());
      assertThat(stage.operations().getLast().end()).isEqualTo(stage.end());
      for (int i = 1; i < stage.operations().size(); i++) {
        assertThat(stage.operations().get(i).begin())
            .isEqualTo(stage.operations().get(i - 1).end());
      }
      assertThat(stage.end() - stage.begin()).isEqualTo(300);
    }
    assertThat(done.get(1).begin()).isEqualTo(done.get(0).end() + 100);
    assertThat(below).doesNotContain("stage"); // what is recorded has no operations
  }

  @Test
  void anOperationOutsideOfAllStagesIsAStageOfItsOwn() {
    lanes.add(0, 0, 0, 0, 0);
    device.look(Detail.OPERATIONS);
    device.scatter(lanes, x, y);
    device.finish();

    assertThat(done).extracting(Timed::stage).containsExactly("scatter");
    assertThat(done.getFirst().operations()).extracting(Operation::out).containsExactly(y);
  }

  @Test
  void nothingIsMarkedOrToldWhereNobodyLooksOrNoLanesAre() {
    device.look(Detail.STAGES);
    device.stage("core", lanes, this::operations);
    device.look(Detail.OFF);
    int before = marks;
    lanes.add(0, 0, 0, 0, 0);
    device.stage("core", lanes, this::operations);
    device.scatter(lanes, x, y);
    device.finish();

    assertThat(heard).isEmpty();
    assertThat(marks).isEqualTo(before);
    assertThat(below).contains("norm", "scatter");
  }

  @Test
  void whatTheDeviceHasNotPassedIsToldLaterAndInOrder() {
    lanes.add(0, 0, 0, 0, 0);
    device.look(Detail.STAGES);
    device.stage("prelude", lanes, this::operations);
    device.stage("core", lanes, this::operations);
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
      device.stage("core", lanes, this::operations);
    }
    device.look(Detail.OFF);

    assertThat(done).hasSize(1000);
    assertThat(open).isZero();
  }

  private void operations() {
    device.norm(lanes, x, norm, 1e-6f, y);
    device.scatter(lanes, y, x);
    device.gatherNorm(lanes, x, norm, 1e-6f, y);
  }

  private Device behind() {
    return (Device)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Device.class},
            (_, method, arguments) -> {
              below.add(method.getName());
              switch (method.getName()) {
                case "mark" -> {
                  open++;
                  return new Place(++marks);
                }
                case "synchronize" -> passed = marks;
                default -> {
                  try {
                    return method.invoke(cpu, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                }
              }
              return null;
            });
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
    public void enqueued(String stage) {
      heard.add("enqueued " + stage);
    }

    @Override
    public void done(Timed stage) {
      heard.add("done " + stage.stage());
      done.add(stage);
    }

    @Override
    public void waited(long from, long to) {
      heard.add("waited");
    }
  }
}
