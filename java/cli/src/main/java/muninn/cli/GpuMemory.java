package muninn.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import muninn.engine.DeviceOptions;
import muninn.engine.EngineOptions;
import muninn.engine.Footprint;
import muninn.engine.Offline;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.WeightFormats;
import muninn.kernels.cuda.CudaOnPaper;
import muninn.lab.expect.Card;
import muninn.lab.report.Column;
import muninn.lab.report.ColumnFormat;
import muninn.lab.report.Table;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.WeightChoice;

/**
 * What an engine with default options takes of a GPU's memory, weights kept in one format, counted
 * by the code that takes it.
 *
 * @param weights the format
 * @param waited where somebody waits for each request
 * @param batch in a job that nobody waits for
 */
record GpuMemory(String weights, Footprint waited, Footprint batch) {
  private static final String DEVICE = "cuda";

  private static final List<Column<GpuMemory>> COLUMNS =
      List.of(
          Column.of("weights", GpuMemory::weights).as("weights in"),
          bytes("weight_bytes", "weights", one -> one.waited.weightBytes()),
          bytes("device_bytes", "kernels", one -> one.waited.deviceBytes()),
          bytes("lane_bytes", "lanes", one -> lanes(one.waited)),
          bytes("kv_bytes", "keys", one -> one.waited.keyBytes()),
          bytes("long_context_bytes", "long contexts", one -> one.waited.laterBytes()),
          Column.<GpuMemory>of("requests", one -> requests(one.waited)).as("requests"),
          bytes("batch_lane_bytes", "batch: lanes", one -> lanes(one.batch)),
          bytes("batch_kv_bytes", "batch: keys", one -> one.batch.keyBytes()),
          Column.<GpuMemory>of("batch_long_context_bytes", one -> one.batch.laterBytes()),
          Column.<GpuMemory>of("batch_requests", one -> requests(one.batch)).as("batch: requests"),
          Column.<GpuMemory>of("batch_lanes", one -> one.batch.room().lanes()));

  private static Column<GpuMemory> bytes(
      String name, String heading, Function<GpuMemory, Long> value) {
    return Column.of(name, value).as(heading, ColumnFormat.BYTES);
  }

  private static long lanes(Footprint one) {
    return one.activationBytes() + one.workBytes();
  }

  /** None where there is no memory for the keys of any. */
  private static int requests(Footprint one) {
    return one.keyBytes() > 0 ? one.room().sequences() : 0;
  }

  /**
   * Of each format that weights may be kept in.
   *
   * @param depth steps that requests of a job ask for, the keys of which they share like this
   * @param kept what keys and values are kept in
   */
  static Table table(Model model, Card card, int depth, KvSharing sharing, Format kept) {
    List<GpuMemory> rows = new ArrayList<>();
    EngineOptions options =
        EngineOptions.of(model).withSteps(depth).on(DeviceOptions.DEFAULT.on(DEVICE));
    EngineOptions job = options.withOffline(new Offline(depth, sharing));
    for (Format format : WeightFormats.ALL) {
      rows.add(
          new GpuMemory(
              format.label(),
              footprint(model, card, options, format, kept),
              footprint(model, card, job, format, kept)));
    }
    return Table.of("gpu_memory", "", COLUMNS, rows);
  }

  private static Footprint footprint(
      Model model, Card card, EngineOptions options, Format weights, Format kept) {
    boolean plain = weights.equals(Format.F32);
    DType operands = plain ? DType.F32 : DType.BF16;
    return Footprint.of(
        model,
        options.withWeights(new WeightChoice(weights.label(), "")),
        CudaOnPaper.device(
            operands,
            plain && kept.equals(Format.BF16) ? Format.F32 : kept,
            card.multiprocessors(),
            options.device().deterministic()),
        (long) card.memoryBytes());
  }
}
