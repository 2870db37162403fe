package muninn.lab.counters;

import static org.assertj.core.api.Assertions.assertThat;

/** What must hold of a kernel that streams weights, or stands between two that do. */
final class Structure {
  /** Bytes that a multiprocessor must have asked for so that memory is busy: 32 KB a block. */
  private static final long IN_FLIGHT = 32 * 1024;

  private Structure() {}

  static void weightsAreReadOnce(CountedLaunch launch) {
    assertThat(launch.weightEfficiency()).as("%s: bytes of sectors", launch).isGreaterThan(0.98);
    assertThat(launch.weightPasses()).as("%s: passes", launch).isLessThan(1.02);
  }

  static void enoughIsOnItsWay(CountedLaunch launch) {
    assertThat(launch.bytesInFlight())
        .as("%s: bytes in flight", launch)
        .isGreaterThanOrEqualTo(IN_FLIGHT);
  }

  /**
   * @param most of wavefronts over the least
   */
  static void banksDoNotConflict(CountedLaunch launch, double most) {
    assertThat(launch.bankConflictRatio()).as("%s: banks", launch).isLessThanOrEqualTo(most);
  }

  /**
   * @param least share of the stored sectors' bytes
   */
  static void sectorsAreStoredWhole(CountedLaunch launch, String parameter, double least) {
    assertThat(launch.storeEfficiency(parameter))
        .as("%s: stores to %s", launch, parameter)
        .isGreaterThanOrEqualTo(least);
  }

  static void blocksShareEvenly(CountedLaunch launch, double most) {
    assertThat(launch.shareImbalance()).as("%s: shares", launch).isLessThanOrEqualTo(most);
  }
}
