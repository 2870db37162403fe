package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import muninn.engine.answer.Generation;
import muninn.engine.request.Continuous;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.engine.request.Sampling;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Sampled;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.cuda.CudaDevice;
import muninn.kernels.cuda.TestDevice;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An engine on a CUDA device holds as much of the driver after many answers as after the first few:
 * pinned memory, events, device memory, recordings.
 */
@Tag("gpu")
class CudaHandlesTest {
  private static final int ANSWERS = 3;

  static Stream<Thinking> thinking() {
    List<Thinking> all = new ArrayList<>();
    all.add(Thinking.PLAIN);
    for (KnownExit.Kind kind : Rules.ofAnyModel()) {
      float never = kind == KnownExit.Kind.ARGMAX_STABILITY ? 1000 : 1e-30f;
      all.add(Thinking.PLAIN.withExit(new Exit(new KnownExit(kind, never), 1, 1, true)));
      all.add(Thinking.PLAIN.withExit(new Exit(kind.rule(), 1, 1, true)));
      all.add(Thinking.PLAIN.withExit(new Exit(kind.rule(), 1, 1, true, true)));
    }
    all.add(Thinking.PLAIN.withKv(KvSharing.parse("mod:2")));
    all.add(Thinking.PLAIN.withContinuous(Continuous.PUBLISHED));
    all.add(Thinking.PLAIN.withSpeculation(Speculation.rounds(2, 3)));
    all.add(Thinking.PLAIN.withSpeculation(Speculation.wavefront(2)));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("thinking")
  void anAnswerLeavesNothingBehindOnTheDevice(Thinking thinking) {
    Sampling sampling =
        Sampling.GREEDY
            .withTemperature(0.9f)
            .withTopK(20)
            .withTopP(0.9f)
            .withRepetitionPenalty(1.1f)
            .withSeed(7);
    int[] prompt = {12, 40, 7, 99, 3};
    Request request =
        new Request(
            prompt,
            Options.DEFAULT
                .withSteps(8)
                .withMaxTokens(4)
                .withSampling(sampling)
                .withIgnoreEos(true)
                .withLogProbs(2)
                .withThinking(thinking));
    leavesNothing(engine -> engine.submit(request));
  }

  @Test
  void anObservedAnswerLeavesNothingBehindOnTheDevice() {
    Observer observer =
        new Observer() {
          @Override
          public void begins(int position, float[] state) {}

          @Override
          public void steps(int position, int step, float[] state, float[] logits) {}
        };
    Request request = Request.of(new int[] {12, 40, 7}, 4, 3);
    leavesNothing(engine -> engine.observe(request, observer));
  }

  private interface Asking {
    Generation ask(Engine engine);
  }

  private static void leavesNothing(Asking asking) {
    EngineOptions options = new EngineOptions(OnCuda.device("float32"), 16, 4, 8, 16L << 20);
    AtomicReference<Map<String, Integer>> seen = new AtomicReference<>();
    AtomicReference<CudaDevice> device = new AtomicReference<>();
    Supplier<Device> opened =
        () -> {
          device.set((CudaDevice) Devices.open(options.device()));
          return device.get();
        };
    try (Engine engine = Engine.open(Golden.folder("raven-nano"), options, opened)) {
      engine.betweenTicks(_ -> seen.set(device.get().handles()));
      Map<String, Integer> before = after(engine, asking, seen);
      assertThat(before).containsKeys("DeviceMemory", "Event", "GraphExec", "PinnedMemory");
      assertThat(after(engine, asking, seen)).isEqualTo(before);
    }
  }

  /** What is held once some more answers are given. */
  private static Map<String, Integer> after(
      Engine engine, Asking asking, AtomicReference<Map<String, Integer>> seen) {
    for (int i = 0; i < ANSWERS; i++) {
      asking.ask(engine).completion().join();
      // one of more than a tick, so that the tick that ended the answer before has been seen
      engine.submit(Request.of(new int[] {1}, 2, 2)).completion().join();
    }
    return seen.get();
  }

  @Test
  void resultsThatNobodyReadsAreSeenInTheCount() {
    try (CudaDevice device = TestDevice.open(DType.F32)) {
      Lanes lanes = device.lanes(1);
      lanes.add(0, 0, 0, 0, 0);
      Sequences sequences = device.sequences(1, 1, 1);
      sequences.open(0, new SequenceParameters(1, 0, 0, 0, 1, 0, 1, -1));
      Buffer logits = device.buffer(1, 8);
      Sampled sampled = device.sampled(1);
      Ops.sample(device, lanes, logits, sequences, sampled).await();
      Map<String, Integer> before = device.handles();
      for (int i = 0; i < 3; i++) {
        Ops.sample(device, lanes, logits, sequences, sampled).await();
      }
      assertThat(device.handles()).isEqualTo(before);
      for (int i = 0; i < 3; i++) {
        Ops.sample(device, lanes, logits, sequences, sampled);
      }
      assertThat(device.handles())
          .containsEntry("PinnedMemory", before.get("PinnedMemory") + 2)
          .containsEntry("Event", before.get("Event") + 2);
    }
  }
}
