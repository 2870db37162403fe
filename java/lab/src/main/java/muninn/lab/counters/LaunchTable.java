package muninn.lab.counters;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import muninn.lab.counters.CountedLaunch.Occupancy;
import muninn.lab.counters.LaunchCount.Conflict;
import muninn.lab.counters.LaunchCount.Parameter;
import muninn.lab.report.Column;
import muninn.lab.report.ColumnFormat;
import muninn.lab.report.Table;

/**
 * Counted launches as tables, for people and programs. The names of columns are those of the JSON:
 * they are documented in docs/counters.md and stay.
 */
public final class LaunchTable {
  private static final List<Column<CountedLaunch>> LAUNCHES =
      List.of(
          Column.<CountedLaunch>of("program", CountedLaunch::place).as("program"),
          Column.<CountedLaunch>of("operation", CountedLaunch::operation).as("operation"),
          Column.<CountedLaunch>of("lanes", CountedLaunch::lanes).as("lanes"),
          Column.of("kernel", l -> l.count().kernel()),
          Column.of("grid", l -> text(l.count().grid())),
          Column.of("threads", l -> l.count().threads()),
          Column.of("shared_bytes", l -> l.count().sharedBytes()),
          Column.of("programmatic", l -> l.count().programmatic()),
          Column.of("blocks", l -> l.count().blocks()),
          Column.of("sampled_blocks", l -> l.count().sampled()),
          Column.<CountedLaunch>of("sector_efficiency", CountedLaunch::sectorEfficiency)
              .as("used", ColumnFormat.PERCENT),
          Column.<CountedLaunch>of("store_sector_efficiency", CountedLaunch::storeEfficiency)
              .as("stores", ColumnFormat.PERCENT),
          Column.<CountedLaunch>of("weight_sector_efficiency", CountedLaunch::weightEfficiency)
              .as("weights", ColumnFormat.PERCENT),
          Column.<CountedLaunch>of("weight_passes", CountedLaunch::weightPasses).as("passes"),
          Column.<CountedLaunch>of("lines_per_request", CountedLaunch::linesPerRequest),
          Column.<CountedLaunch>of(
                  "l2_bytes_per_weight_byte", CountedLaunch::cacheBytesPerWeightByte)
              .as("L2/weight"),
          Column.<CountedLaunch>of("bytes_in_flight", CountedLaunch::bytesInFlight).as("in flight"),
          Column.<CountedLaunch>of("bytes_left_in_flight", CountedLaunch::bytesLeftInFlight),
          Column.<CountedLaunch>of("bank_conflict_ratio", CountedLaunch::bankConflictRatio)
              .as("banks"),
          Column.<CountedLaunch>of(
              "wavefronts_per_weight_byte", CountedLaunch::wavefrontsPerWeightByte),
          Column.<CountedLaunch>of("share_imbalance", CountedLaunch::shareImbalance),
          Column.<CountedLaunch>of("partial_bytes_written", CountedLaunch::partialBytesWritten),
          Column.<CountedLaunch>of("partial_bytes_read", CountedLaunch::partialBytesRead),
          Column.of("barriers", l -> l.perBlock(l.count().barriers())),
          Column.of("fences", l -> l.perBlock(l.count().fences())),
          Column.of("atomics", l -> l.perBlock(l.count().atomics())),
          Column.of("mma_per_warp", l -> l.perWarp(l.count().mma())),
          Column.of("global_loads_per_warp", l -> l.perWarp(l.count().globalLoads())),
          Column.of("global_stores_per_warp", l -> l.perWarp(l.count().globalStores())),
          Column.of("async_copies_per_warp", l -> l.perWarp(l.count().asyncCopies())),
          Column.of("shared_loads_per_warp", l -> l.perWarp(l.count().sharedLoads())),
          Column.of("shared_stores_per_warp", l -> l.perWarp(l.count().sharedStores())),
          Column.<CountedLaunch>read("sm_90", ColumnFormat.PLAIN, l -> fits(l.on(Chip.SM_90))));

  private static final List<Column<Parameter>> PARAMETERS =
      List.of(
          Column.of("name", Parameter::name),
          Column.of("read_requests", p -> p.reads().requests()),
          Column.of("read_bytes", p -> p.reads().bytes()),
          Column.of("read_sectors", p -> p.reads().sectors()),
          Column.of("read_lines", p -> p.reads().lines()),
          Column.of("distinct_sectors_read", Parameter::sectorsRead),
          Column.of("stored_requests", p -> p.stores().requests()),
          Column.of("stored_bytes", p -> p.stores().bytes()),
          Column.of("stored_sectors", p -> p.stores().sectors()),
          Column.of("distinct_sectors_stored", Parameter::sectorsWritten));

  private static final List<Column<Conflict>> CONFLICTS =
      List.of(
          Column.of("at", Conflict::at),
          Column.of("requests", c -> c.shared().requests()),
          Column.of("wavefronts", c -> c.shared().wavefronts()),
          Column.of("least_wavefronts", c -> c.shared().least()));

  private static final List<Column<Occupancy>> OCCUPANCY =
      List.of(
          Column.of("architecture", o -> o.chip().label()),
          Column.of("registers", Occupancy::registers),
          Column.of("blocks_per_multiprocessor", Occupancy::blocks),
          Column.of("waves", Occupancy::waves),
          Column.of("fits_beside_predecessor", Occupancy::fitsBeside));

  private LaunchTable() {}

  /** A row a launch. */
  public static Table of(List<CountedLaunch> launches) {
    return Table.of("launches", "", LAUNCHES, launches);
  }

  /** By the memory that the kernel got, of the sampled blocks. */
  public static Table parameters(CountedLaunch launch) {
    return Table.of("parameters", "", PARAMETERS, launch.count().parameters());
  }

  /** Places in the code where banks of shared memory conflict. */
  public static Table conflicts(CountedLaunch launch) {
    return Table.of("conflicts", "", CONFLICTS, launch.count().conflicts());
  }

  /** By architecture. */
  public static Table occupancy(CountedLaunch launch) {
    return Table.of("occupancy", "", OCCUPANCY, launch.occupancy());
  }

  private static String text(List<Integer> sizes) {
    return sizes.stream().map(Object::toString).collect(Collectors.joining("x"));
  }

  /** Such as {@code 3, beside}: blocks a multiprocessor, and whether one fits beside the last. */
  private static String fits(Occupancy on) {
    if (on == null) {
      return null;
    }
    String beside = on.fitsBeside() == null ? "" : on.fitsBeside() ? ", beside" : ", not beside";
    return String.format(Locale.ROOT, "%d%s", on.blocks(), beside);
  }
}
