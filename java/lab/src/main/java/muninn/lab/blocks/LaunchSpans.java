package muninn.lab.blocks;

import static muninn.lab.report.ColumnFormat.MICROS;
import static muninn.lab.report.ColumnFormat.PLAIN;

import java.util.List;
import muninn.lab.report.Column;
import muninn.lab.report.Table;

/** Launches of a step as a table, for people and programs. */
public final class LaunchSpans {
  private static final List<Column<LaunchSpan>> COLUMNS =
      List.of(
          Column.<LaunchSpan>of("lanes", LaunchSpan::lanes),
          Column.<LaunchSpan>of("number", LaunchSpan::number).as("#"),
          Column.<LaunchSpan>of("operation", LaunchSpan::operation).as("operation"),
          Column.<LaunchSpan>of("kernel", LaunchSpan::kernel).as("kernel"),
          Column.<LaunchSpan>of("early", LaunchSpan::early),
          Column.<LaunchSpan>of("blocks", LaunchSpan::blocks).as("blocks"),
          Column.<LaunchSpan>of("multiprocessors", LaunchSpan::multiprocessors),
          Column.<LaunchSpan>of("begin_nanos", LaunchSpan::begin).as("begin", MICROS),
          Column.<LaunchSpan>of("ready_nanos", LaunchSpan::ready).as("ready", MICROS),
          Column.<LaunchSpan>of("end_nanos", LaunchSpan::end).as("end", MICROS),
          Column.<LaunchSpan>of("gap_nanos", LaunchSpan::gap).as("gap", MICROS),
          Column.<LaunchSpan>of("overlap_nanos", LaunchSpan::overlap).as("overlap", MICROS),
          Column.<LaunchSpan>of("mean_block_nanos", LaunchSpan::meanBlock).as("a block", MICROS),
          Column.<LaunchSpan>of("longest_block_nanos", LaunchSpan::longestBlock)
              .as("longest", MICROS),
          Column.<LaunchSpan>of("imbalance", LaunchSpan::imbalance).as("ratio", PLAIN));

  private LaunchSpans() {}

  public static Table of(List<LaunchSpan> spans) {
    return Table.of("launches", "", COLUMNS, spans);
  }
}
