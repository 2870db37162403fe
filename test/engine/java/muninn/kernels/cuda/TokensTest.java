package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Sampled;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.kernels.cuda.Twins.Pair;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What opens positions, moves rows and fills weights on a CUDA device, against the CPU's. */
@Tag("gpu")
class TokensTest {
  private static final SequenceParameters ZERO = parameters(1, 0);

  private static SequenceParameters parameters(long seed, float initScale) {
    return new SequenceParameters(seed, initScale, 0, 0, 1, 0, 1, -1);
  }

  /** Every stored type on every device, at widths of less and more than a block's piece. */
  static Stream<Arguments> stored() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(DType.values())
                    .flatMap(
                        stored ->
                            IntStream.of(8, 520).mapToObj(d -> Arguments.of(dtype, stored, d))));
  }

  @ParameterizedTest
  @MethodSource("stored")
  void embeddingsAreConvertedScaledAndWidened(DType dtype, DType stored, int d) {
    try (Twins twins = new Twins(dtype)) {
      Pair<Weights> embedding = twins.weights(stored, 37, d);
      Pair<Buffer> x = embed(twins, embedding, d, 3.5f, 0, 36, 9);
      if (stored == DType.BF16) {
        twins.assertEqual(x, 4); // what bfloat16 holds is the same on both; row 3 has no lane
      } else {
        twins.assertTwins(x, 4);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aTokenThatWasDrawnIsEmbeddedAndRememberedWithoutTheHost(DType dtype) {
    SequenceParameters penalised = new SequenceParameters(1, 0, 0, 0, 1, 0, 100, -1);
    float[] values = new float[16];
    values[5] = 3;
    values[7] = 2;
    try (Twins twins = new Twins(dtype)) {
      Pair<Weights> embedding = twins.weights(DType.BF16, 16, 24);
      Pair<Buffer> logits = twins.floats(1, 16, values);
      Pair<Sequences> sequences = twins.sequences(4, ZERO, penalised);
      Pair<Sampled> sampled = twins.on(device -> device.sampled(3));
      Pair<Lanes> drawing = lane(twins, 2, 0, 0, 0);
      Pair<Lanes> opening = lane(twins, 1, 1, 0, Lanes.sampledIn(2));
      Pair<Buffer> x = twins.on(device -> device.buffer(1, 24));
      twins.both(
          (device, on) -> {
            Lanes first = on.of(drawing);
            Lanes second = on.of(opening);
            Ops.sample(device, first, on.of(logits), on.of(sequences), on.of(sampled));
            Ops.embed(
                device, second, on.of(embedding), 2, on.of(sampled), on.of(sequences), on.of(x));
            int[] next =
                Ops.sample(device, second, on.of(logits), on.of(sequences), on.of(sampled))
                    .await()
                    .tokens();
            assertThat(next).containsExactly(7); // since 5 is in the second sequence now
          });
      twins.assertEqual(x, 1);
      assertThat(twins.cuda.read(x.cuda(), 0)).doesNotContain(0f);
    }
  }

  private static Pair<Lanes> lane(Twins twins, int row, int sequence, int position, int token) {
    return twins.on(
        device -> {
          Lanes lanes = device.lanes(1);
          lanes.add(row, sequence, position, 0, token);
          return lanes;
        });
  }

  /** {@code x[m] = embedding[tokens[m]] · scale}, in buffers of a row more. */
  private static Pair<Buffer> embed(
      Twins twins, Pair<Weights> embedding, int d, float scale, int... tokens) {
    Pair<Sequences> sequences = twins.sequences(tokens.length, ZERO);
    Pair<Lanes> lanes = named(twins, tokens);
    Pair<Sampled> sampled = twins.on(device -> device.sampled(1));
    Pair<Buffer> x = twins.on(device -> device.buffer(tokens.length + 1, d));
    twins.both(
        (device, on) ->
            Ops.embed(
                device,
                on.of(lanes),
                on.of(embedding),
                scale,
                on.of(sampled),
                on.of(sequences),
                on.of(x)));
    return x;
  }

  /** Lanes of sequence 0 with these tokens. */
  private static Pair<Lanes> named(Twins twins, int... tokens) {
    return twins.on(
        device -> {
          Lanes lanes = device.lanes(tokens.length);
          for (int m = 0; m < tokens.length; m++) {
            lanes.add(m, 0, m, 0, tokens[m]);
          }
          return lanes;
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void initialLatentsAreTheCpusByStateRowSeedAndPosition(DType dtype) {
    int d = 1032;
    SequenceParameters[] parameters = {parameters(-5, 1), ZERO, parameters(1L << 40, 0.5f)};
    try (Twins twins = new Twins(dtype)) {
      Pair<Sequences> sequences = twins.sequences(2000, parameters);
      Pair<Buffer> s = twins.operand(6, d);
      Pair<Lanes> lanes =
          twins.on(
              device -> {
                Lanes opened = device.lanes(8);
                opened.add(5, 0, 1999, 0, 0);
                opened.add(0, 1, 3, 0, 0);
                opened.add(2, 2, 3, 0, 0);
                opened.add(1, 0, 3, 0, 0);
                return opened;
              });
      twins.both(
          (device, on) ->
              Ops.initialState(device, on.of(lanes), 0.02f, on.of(sequences), on.of(s)));
      assertThat(twins.cuda.read(s.cuda(), 0)).containsOnly(0f);
      assertThat(twins.cuda.read(s.cuda(), 5)).isNotEqualTo(twins.cuda.read(s.cuda(), 1));
      twins.assertTwins(s, 6); // rows 3 and 4 have no lane
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void rowsAreScatteredCopiedAndCleared(DType dtype) {
    int d = 648;
    try (Twins twins = new Twins(dtype)) {
      Pair<Lanes> lanes = twins.lanes(4, 0, 3);
      Pair<Buffer> x = twins.floats(5, d);
      Pair<Buffer> out = twins.operand(5, d);
      Pair<Buffer> copy = twins.operand(5, d);
      Pair<Lanes> two = twins.lanes(1, 3);
      twins.both(
          (device, on) -> {
            Ops.scatter(device, on.of(lanes), on.of(x), on.of(out));
            Ops.copyRows(device, on.of(lanes), on.of(out), on.of(copy));
            Ops.clearRows(device, on.of(two), on.of(copy));
          });
      twins.assertTwins(out, 5);
      twins.assertTwins(copy, 5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void logitsOfAnyNumberAreCopiedAndCleared(DType dtype) {
    int vocabulary = 70_001;
    try (Twins twins = new Twins(dtype)) {
      Pair<Buffer> logits = twins.floats(3, vocabulary);
      Pair<Buffer> copy = twins.floats(3, vocabulary);
      Pair<Lanes> first = twins.lanes(2, 0);
      Pair<Lanes> second = twins.lanes(2);
      twins.both(
          (device, on) -> {
            Ops.copyRows(device, on.of(first), on.of(logits), on.of(copy));
            Ops.clearRows(device, on.of(second), on.of(copy));
          });
      twins.assertEqual(copy, 3);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void madeUpWeightsAreTheSameOnEveryDevice(DType dtype) {
    try (Twins twins = new Twins(dtype)) {
      for (int[] shape : new int[][] {{1, 8}, {5, 24}, {40, 1032}}) {
        long seed = -77L * shape[0];
        Pair<Weights> made =
            twins.on(device -> device.randomWeights(seed, shape[0], shape[1], 0.02f));
        int[] all = IntStream.range(0, shape[0]).toArray();
        twins.assertEqual(embed(twins, made, shape[1], 1, all), shape[0]);
      }
    }
  }
}
