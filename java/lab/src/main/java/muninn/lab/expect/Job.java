package muninn.lab.expect;

import java.util.List;
import muninn.engine.DeviceOptions;
import muninn.engine.EngineOptions;
import muninn.engine.Footprint;
import muninn.engine.Offline;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
import muninn.lab.report.Column;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.WeightChoice;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * A long job of prompts and answers, all equally long, as the engine runs it once it is under way:
 * whenever an answer ends, the next request's prompt is thought about in the ticks of the other
 * answers. So a tick has a lane for each answer and, in the mean, as many positions of prompts as
 * the answers that end meanwhile are long.
 *
 * @param steps recurrence steps of a position
 * @param kv which of them share keys and values
 * @param kept what these are kept in
 * @param choice of the formats of matrices
 * @param prompt positions of each
 * @param answer tokens of each
 */
public record Job(
    Model model,
    TimingModel timing,
    int steps,
    KvSharing kv,
    Format kept,
    WeightChoice choice,
    int prompt,
    int answer) {

  /**
   * So many answers at once.
   *
   * @param requests in work, some of whose prompts may wait for lanes
   * @param answers that are given in a tick
   * @param lanes of a tick, prompts' among them
   * @param fits whether the card has memory for it
   */
  public record Plan(int requests, int answers, int lanes, double tokensPerSecond, boolean fits) {}

  /** The table, for people and programs. */
  public static final List<Column<Plan>> COLUMNS =
      List.of(
          Column.<Plan>of("requests", Plan::requests).as("requests in work"),
          Column.<Plan>of("answers", Plan::answers).as("answering"),
          Column.<Plan>of("lanes", Plan::lanes).as("lanes of a tick"),
          Column.<Plan>of("output_tokens_per_second", Plan::tokensPerSecond).as("output tokens/s"),
          Column.<Plan>of("fits", Plan::fits).as("fits"));

  /** What {@code muninn batch} does where nobody tells it how many requests to take at once. */
  public Plan byItself() {
    Footprint memory = memory(0, 0);
    int requests = memory.room().sequences();
    double share = (double) answer / (prompt + answer); // of a tick's lanes
    long answering = Math.min(requests, (long) (memory.room().lanes() * share));
    while (answering > 0 && bytes(answering) > memory.keyRoomBytes()) {
      answering -= Math.ceilDiv(answering, 64); // what does not fit is set back
    }
    Plan plan = of((int) Math.max(1, answering));
    return new Plan(requests, plan.answers, plan.lanes, plan.tokensPerSecond, answering > 0);
  }

  /** So many answers at once, whatever that takes of lanes. */
  public Plan of(int answers) {
    int beginning = Math.ceilDiv(answers, answer) * prompt; // positions of prompts
    int lanes = answers + beginning;
    PaperDevice device = Expectation.paper(timing.card(), kept);
    Parameters parameters = Parameters.load(model, device, choice);
    Forward forward = Expectation.forward(model, parameters, device, lanes);

    Span answering = Span.alone(answers, prompt + answer / 2);
    Span prompts = new Span(beginning, (long) beginning * (prompt + 1) / 2, beginning);
    List<Span> both = List.of(answering, prompts);
    double seconds = steps * pass(forward, Role.CORE, both);
    seconds += pass(forward, Role.PRELUDE, both) + pass(forward, Role.START, both);
    seconds += pass(forward, Role.CODA, both); // where prompts leave keys
    seconds += pass(forward, Role.HEAD, List.of(answering));
    seconds += pass(forward, Role.DRAW, List.of(answering));
    boolean fits = bytes(answers) <= memory(answers, lanes).keyRoomBytes();
    return new Plan(answers, answers, lanes, answers / seconds, fits);
  }

  private double pass(Forward forward, Role role, List<Span> kinds) {
    long lanes = kinds.stream().mapToLong(Span::lanes).sum();
    return timing.of(forward.program(role), kinds).seconds() + timing.between(lanes);
  }

  /** Keys and values of answers half way, and of the prompts that are being read. */
  private long bytes(long answers) {
    long chunks =
        answers * KvCache.chunks(prompt + answer / 2)
            + Math.ceilDiv(answers, answer) * KvCache.chunks(prompt);
    PaperDevice device = Expectation.paper(timing.card(), kept);
    return chunks * kv.slots(model.config(), steps) * Expectation.pageBytes(model.config(), device);
  }

  /** Of an engine for this job; 0 leaves the choice to it. */
  private Footprint memory(int sequences, int lanes) {
    EngineOptions options =
        new EngineOptions(
                DeviceOptions.DEFAULT.on("cuda"),
                lanes,
                sequences,
                EngineOptions.mostSteps(model, steps),
                0)
            .withWeights(choice)
            .withOffline(new Offline(steps, kv));
    return Footprint.of(
        model, options, Expectation.paper(timing.card(), kept), (long) timing.card().memoryBytes());
  }
}
