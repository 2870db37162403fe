package muninn.lab.expect;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import muninn.engine.DeviceOptions;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.PaperDevice;
import muninn.kernels.Program.Role;
import muninn.kernels.Span;
import muninn.model.Forward;
import muninn.model.KvSharing;
import muninn.model.Model;

/**
 * A long job of prompts and answers, all equally long, as the engine runs it once it is under way:
 * whenever an answer ends, the next request's prompt is thought about in the ticks of the other
 * answers. So a tick has a lane for each answer and, in the mean, as many positions of prompts as
 * the answers that end meanwhile are long.
 *
 * @param prompt positions of each
 * @param answer tokens of each
 */
record Job(Model model, TimingModel timing, int steps, int prompt, int answer) {
  private static final int MOST = 1024; // answers at once

  private static final KvSharing SHARED = KvSharing.parse("mod:4");
  private static final Format KEPT = KvCache.FP8;

  /**
   * So many answers at once.
   *
   * @param lanes of a tick, prompts' among them
   * @param fits whether the card has memory for it
   */
  record Plan(int sequences, int lanes, double tokensPerSecond, boolean fits) {}

  /** The best one that fits, of those in which whole prompts are under way. */
  Plan best() {
    return IntStream.iterate(answer, n -> n <= MOST, n -> n + answer)
        .mapToObj(this::of)
        .filter(Plan::fits)
        .max(Comparator.comparingDouble(Plan::tokensPerSecond))
        .orElseThrow();
  }

  /** Keys and values {@code mod:4} in fp8. */
  Plan of(int sequences) {
    int beginning = Math.ceilDiv(sequences, answer) * prompt; // positions of prompts
    int lanes = sequences + beginning;
    PaperDevice device = new PaperDevice(DType.BF16, DType.BF16, KEPT);
    Forward forward = Expectation.forward(model, device, lanes);

    Span answers = Span.alone(sequences, prompt + answer / 2);
    Span prompts = new Span(beginning, (long) beginning * (prompt + 1) / 2, beginning);
    List<Span> both = List.of(answers, prompts);
    double seconds = steps * pass(forward, Role.CORE, both);
    seconds += pass(forward, Role.PRELUDE, both) + pass(forward, Role.START, both);
    seconds += pass(forward, Role.CODA, both); // where prompts leave keys
    seconds +=
        pass(forward, Role.HEAD, List.of(answers)) + pass(forward, Role.DRAW, List.of(answers));
    return new Plan(sequences, lanes, sequences / seconds, fits(device, sequences));
  }

  private double pass(Forward forward, Role role, List<Span> kinds) {
    long lanes = kinds.stream().mapToLong(Span::lanes).sum();
    return timing.of(forward.program(role), kinds).seconds() + timing.between(lanes);
  }

  /** Answers half way, and the prompts that are being read. */
  private boolean fits(PaperDevice device, int sequences) {
    int width = TimingModel.paddedWidth(model.config().headWidth());
    long page = device.kvPageBytes(model.config().kvHeads(), width);
    long slots = SHARED.slots(model.config(), steps);
    long pages =
        (long) sequences * KvCache.chunks(prompt + answer / 2)
            + (long) Math.ceilDiv(sequences, answer) * KvCache.chunks(prompt);
    double granted = DeviceOptions.DEFAULT.gpuMemoryUtilization() * timing.card().memoryBytes();
    return device.weightBytes() + device.bufferBytes() + pages * slots * page <= granted;
  }
}
