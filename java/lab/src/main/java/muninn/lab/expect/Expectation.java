package muninn.lab.expect;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.engine.DeviceOptions;
import muninn.engine.EngineOptions;
import muninn.engine.Footprint;
import muninn.kernels.Cost;
import muninn.kernels.Costs;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
import muninn.kernels.cuda.CudaOnPaper;
import muninn.lab.report.Column;
import muninn.lab.report.ColumnFormat;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.WeightChoice;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * What a model is expected to do on a card: for each number of lanes and each context the time of a
 * step, the tokens a second of lanes that all think equally long, and whether memory holds it.
 *
 * @param steps recurrence steps of a token
 * @param kv which of them share keys and values
 * @param kept what keys and values are kept in
 * @param weightBytes of the model on the card
 * @param matrixBytes of its matrices, by the label of their format, most first
 */
public record Expectation(
    Card card,
    Config config,
    int steps,
    KvSharing kv,
    Format kept,
    long weightBytes,
    Map<String, Long> matrixBytes,
    List<Row> rows) {

  private static final int LEAST_POSITIONS = KvCache.PAGE; // of a table of angles, on paper

  /**
   * Lanes of sequences of their own, each after so many positions.
   *
   * @param step of the core, for all lanes
   * @param floorSeconds of the same, by the card's data sheet
   * @param tokenSeconds from a token to the next, of every lane
   * @param needBytes all that an engine of so many lanes takes, and these lanes' keys and values
   * @param sequences of this context for whose keys and values an engine of so many lanes has room
   */
  public record Row(
      int lanes,
      int context,
      Expected step,
      double floorSeconds,
      double tokenSeconds,
      long needBytes,
      long sequences) {

    public double tokensPerSecond() {
      return lanes / tokenSeconds;
    }

    /** Of the data sheet's bandwidth, or arithmetic where that takes longer. */
    public double ofFloor() {
      return floorSeconds / step.seconds();
    }

    public boolean fits() {
      return sequences >= lanes;
    }
  }

  /** The table, for people and programs. */
  public static final List<Column<Row>> COLUMNS =
      List.of(
          Column.<Row>of("lanes", Row::lanes).as("lanes"),
          Column.<Row>of("context", Row::context).as("context"),
          Column.<Row>of("step_nanos", row -> 1e9 * row.step().seconds())
              .as("step", ColumnFormat.TIME),
          Column.<Row>of("of_datasheet", Row::ofFloor).as("of data sheet", ColumnFormat.PERCENT),
          Column.<Row>of("tokens_per_second", Row::tokensPerSecond).as("tokens/s"),
          Column.<Row>of("token_nanos", row -> 1e9 * row.tokenSeconds())
              .as("a token", ColumnFormat.TIME),
          Column.<Row>of("binds", row -> row.step().binds().name().toLowerCase(Locale.ROOT))
              .as("binds"),
          Column.<Row>of("memory_bytes", Row::needBytes).as("memory GB", ColumnFormat.GIGA),
          Column.<Row>of("sequences_that_fit", Row::sequences).as("sequences that fit"),
          Column.<Row>of("fits", Row::fits));

  /**
   * Works it out.
   *
   * @param model of which only shapes are asked
   * @param timing of the card
   * @param choice of the formats of its matrices
   * @throws muninn.UserException when a shape is wrong
   */
  public static Expectation of(
      Model model,
      TimingModel timing,
      int steps,
      KvSharing kv,
      Format kept,
      WeightChoice choice,
      List<Integer> lanes,
      List<Integer> contexts) {
    List<Row> rows = new ArrayList<>();
    long weights = 0;
    Map<String, Long> matrices = Map.of();
    for (int n : lanes) {
      PaperDevice device = paper(timing.card(), kept);
      Parameters parameters = Parameters.load(model, device, choice);
      Forward forward = forward(model, parameters, device, n);
      weights = device.weightBytes();
      matrices = parameters.matrixBytes();
      Footprint memory = memory(model, timing.card(), kept, choice, steps, n);
      for (int context : contexts) {
        long pages = KvCache.chunks(context) * kv.slots(model.config(), steps);
        long keys = pages * pageBytes(model.config(), device);
        rows.add(row(timing, steps, forward, memory, n, context, keys));
      }
    }
    return new Expectation(
        timing.card(), model.config(), steps, kv, kept, weights, matrices, List.copyOf(rows));
  }

  /** A model's programs on a device of shapes alone. */
  public static Forward forward(Model model, PaperDevice device, int lanes) {
    return forward(model, Parameters.load(model, device), device, lanes);
  }

  static Forward forward(Model model, Parameters parameters, PaperDevice device, int lanes) {
    Config config = model.config();
    return new Forward(
        model.architecture(),
        config,
        parameters,
        device,
        device.kvCache(0, config.kvHeads(), config.headWidth()),
        device.sequences(1, LEAST_POSITIONS, Forward.slots(config, 1)),
        lanes);
  }

  /** A card whose memory is counted. */
  static PaperDevice paper(Card card, Format kept) {
    return CudaOnPaper.device(DType.BF16, kept, card.multiprocessors(), false);
  }

  /** What a page of keys and values takes. */
  static long pageBytes(Config config, PaperDevice device) {
    return device.kvPageBytes(config.kvHeads(), config.headWidth());
  }

  /** An engine with room for so many lanes, a request each. */
  private static Footprint memory(
      Model model, Card card, Format kept, WeightChoice choice, int steps, int lanes) {
    EngineOptions options =
        new EngineOptions(
                DeviceOptions.DEFAULT.on("cuda"),
                lanes,
                lanes,
                EngineOptions.mostSteps(model, steps),
                0)
            .withWeights(choice);
    return Footprint.of(model, options, paper(card, kept), (long) card.memoryBytes());
  }

  /**
   * @param keys of one sequence
   */
  private static Row row(
      TimingModel timing,
      int steps,
      Forward forward,
      Footprint memory,
      int lanes,
      int context,
      long keys) {
    Span span = Span.alone(lanes, context);
    Expected step = timing.of(forward.program(Role.CORE), span);
    double token = steps * (step.seconds() + timing.between(lanes));
    for (Role once : List.of(Role.PRELUDE, Role.START, Role.CODA, Role.HEAD, Role.DRAW)) {
      token += timing.of(forward.program(once), span).seconds() + timing.between(lanes);
    }
    return new Row(
        lanes,
        context,
        step,
        floor(forward, timing.card(), span),
        token,
        memory.bytes() - memory.keyBytes() + lanes * keys,
        memory.keyRoomBytes() / keys);
  }

  /** Of a step, by the data sheet alone. */
  private static double floor(Forward forward, Card card, Span span) {
    Cost cost = Costs.of(forward.program(Role.CORE), span);
    return Math.max(cost.bytes() / card.bandwidth(), cost.flop() / card.tensorRate());
  }
}
