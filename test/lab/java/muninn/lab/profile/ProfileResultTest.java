package muninn.lab.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import muninn.lab.profile.ProfileResult.Overhead;
import muninn.lab.profile.ProfileResult.Spent;
import muninn.lab.profile.TimedDevice.Detail;
import org.junit.jupiter.api.Test;

class ProfileResultTest {

  @Test
  void anOverheadIsTheMedianOfRoundsThatLieBesideEachOther() {
    List<Spent> spent = new ArrayList<>();
    for (int round = 0; round < 9; round++) {
      long without = 1000L * (round + 1); // rounds differ, so only neighbours tell
      spent.add(new Spent(round, Detail.STAGES, 0, without * (100 + round) / 100, 10));
      spent.add(new Spent(round, Detail.OFF, 0, without, 10));
    }
    ProfileResult found =
        new ProfileResult("cpu", null, null, 0, null, null, null, null, null, spent, List.of());

    assertThat(found.overhead(Detail.STAGES)).isEqualTo(new Overhead(1.04 - 1, 1.01 - 1, 1.07 - 1));
  }

  @Test
  void theIntervalOfAMedianLeavesOutWhatTheSignTestLeavesOut() {
    // The most k with P(X <= k) <= 0.025 for n trials at one half, summed in whole numbers.
    assertThat(ProfileResult.outside(1)).isZero();
    assertThat(ProfileResult.outside(5)).isZero();
    assertThat(ProfileResult.outside(6)).isZero();
    assertThat(ProfileResult.outside(9)).isEqualTo(1);
    assertThat(ProfileResult.outside(12)).isEqualTo(2);
    assertThat(ProfileResult.outside(20)).isEqualTo(5);
    assertThat(ProfileResult.outside(1000)).isEqualTo(468);
  }
}
