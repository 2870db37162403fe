package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterruptTest {
  private final List<String> done = new ArrayList<>();
  private final Interrupt interrupt = new Interrupt();

  @Test
  void theFirstCtrlCBeginsASlowEndAndTheSecondCutsItShort() {
    interrupt.untilEnd(() -> done.add("drain"), () -> done.add("stop"));

    interrupt.pressed();
    assertThat(done).containsExactly("drain");
    assertThat(interrupt.raised()).isFalse();

    interrupt.pressed();
    assertThat(done).containsExactly("drain", "stop");
    assertThat(interrupt.raised()).isTrue();
  }

  @Test
  void aSignalThatComesOnceStopsAtOnce() {
    interrupt.untilEnd(() -> done.add("drain"), () -> done.add("stop"));

    interrupt.raise();

    assertThat(done).containsExactly("stop");
  }
}
