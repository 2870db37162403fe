package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When lanes that have thought enough wait, so that more of them share a pass of the coda. */
class CodaBatchingTest {

  /**
   * Lanes are written as the steps they took of 32, one that has had enough as the ticks it has
   * waited beside it, and one with an exit rule with a question mark.
   */
  @ParameterizedTest(name = "{3}: {0} of 32 and others at {1}: waits {2}")
  @CsvSource({
    "32+0,    30,          true,  another one comes within the four ticks that 32 steps allow",
    "32+0,    28,          true,  it comes with the last of them",
    "32+0,    27,          false, it comes too late",
    "32+3,    31,          true,  one tick is left to wait",
    "32+3,    30,          false, and then it is too long",
    "32+4,    31,          false, an eighth of the steps has been waited",
    "32+0,    '',          false, nobody else is there",
    "8+0,     31,          true,  eight steps allow one tick",
    "7+0,     31,          false, fewer allow none",
    "32+0 9+0, 30,         false, the most hurried of them decides",
    "32+0,    '1? 1? 1? 1? 1? 1? 1?', false, seven that may leave early at 4 in 32 each",
    "32+0,    '1? 1? 1? 1? 1? 1? 1? 1?', true, eight of them make one expected leaver",
    "'',      5,           true,  nobody has had enough: nothing is to be done",
  })
  void lanesWaitForCompanyWithinAnEighthOfTheirSteps(
      String done, String thinking, boolean waits, String why) {
    assertThat(CodaBatching.waits(lanes(done, true), lanes(thinking, false)))
        .as(why)
        .isEqualTo(waits);
  }

  private static List<Lane> lanes(String text, boolean enough) {
    List<Lane> lanes = new ArrayList<>();
    for (String one : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
      String[] parts = one.replace("?", "").split("\\+", -1);
      ExitRule.Watch watch = one.endsWith("?") ? look -> false : null;
      Lane lane = new Lane(0, lanes.size(), Lane.Kind.NEW, 0, 0, 32, watch);
      for (int i = 0; i < Integer.parseInt(parts[0]); i++) {
        lane.step();
      }
      if (enough && !lane.hasEnough()) {
        lane.enough();
      }
      for (int i = 0; parts.length > 1 && i < Integer.parseInt(parts[1]); i++) {
        lane.waits();
      }
      lanes.add(lane);
    }
    return lanes;
  }
}
