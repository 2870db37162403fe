package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.KvCache;
import org.junit.jupiter.api.Test;

/**
 * Two continuations of one position, on a model: the text is that of plain decoding, to the bit.
 */
class BranchesTest {
  private static final Path NANO = Golden.folder("raven-nano");
  private static final int STEPS = 16;

  /** Where the engine runs. */
  DeviceOptions device() {
    return DeviceOptions.cpu(1);
  }

  /** Counts copies of pages, and may forget to make them. */
  private static final class Copying extends ForwardingDevice {
    private final AtomicInteger copies;
    private final boolean forgets;

    Copying(Device device, AtomicInteger copies, boolean forgets) {
      super(device);
      this.copies = copies;
      this.forgets = forgets;
    }

    @Override
    public void copyPage(KvCache cache, int from, int to) {
      copies.incrementAndGet();
      if (!forgets) {
        super.copyPage(cache, from, to);
      }
    }
  }

  private List<List<Token>> answers(String how, AtomicInteger copies, boolean forgets) {
    Random random = new Random(5);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      Sampling sampling =
          i % 2 == 0
              ? Sampling.GREEDY
              : Sampling.GREEDY
                  .withTemperature(1)
                  .withRepetitionPenalty(1.1f)
                  .withSeed(random.nextLong());
      requests.add(
          new Request(
              random.ints(1 + random.nextInt(40), 0, 160).toArray(),
              Options.DEFAULT
                  .withSteps(STEPS)
                  .withMaxTokens(40)
                  .withIgnoreEos(true)
                  .withSampling(sampling)
                  .withThinking(Thinking.PLAIN.withSpeculation(Speculation.parse(how)))));
    }
    EngineOptions options = new EngineOptions(device(), 128, 6, STEPS, 64 << 20);
    try (Engine engine =
        Engine.open(NANO, options, () -> new Copying(Devices.open(device()), copies, forgets))) {
      List<Generation> generations = requests.stream().map(engine::submit).toList();
      return generations.stream().map(one -> one.completion().join().tokens()).toList();
    }
  }

  @Test
  void theTextIsThatOfPlainDecoding() {
    AtomicInteger copies = new AtomicInteger();
    List<List<Token>> plain = answers("none", copies, false);
    assertThat(copies).hasValue(0);
    assertThat(answers("wavefront:draft=1", copies, false)).isEqualTo(plain);
    assertThat(copies).as("pages that two continuations have in common").hasPositiveValue();
    assertThat(answers("wavefront:draft=3", copies, false)).isEqualTo(plain);
  }

  @Test
  void aPageThatIsNotCopiedIsFound() {
    List<List<Token>> plain = answers("none", new AtomicInteger(), false);
    try {
      assertThat(answers("wavefront:draft=1", new AtomicInteger(), true)).isNotEqualTo(plain);
    } catch (CompletionException e) {
      assertThat(e.getCause()).hasMessageContaining("not numbers");
    }
  }
}
