package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Exit;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Request;
import muninn.engine.request.Thinking;
import muninn.kernels.Device;
import muninn.kernels.ForwardingDevice;
import muninn.kernels.KvCache;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue.Heads;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.Reading;
import muninn.kernels.Routine;
import muninn.kernels.Samples;
import muninn.kernels.Sequences;
import muninn.model.Config;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What depth costs: rows of the core, passes of the coda, and pages, no more than tokens needed.
 */
class DepthCostTest extends DepthFixture {
  @Test
  void theCoreThinksNoMoreThanTheTokensNeeded() {
    AtomicLong rows = new AtomicLong();
    EngineOptions options = new EngineOptions(device(), 48, 24, 16, 256 * MIB);
    Random random = new Random(5);
    long needed = 0;
    try (Engine engine =
        Engine.open(NANO, options, () -> watched(open(), Role.CORE, rows::addAndGet))) {
      List<Generation> answers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int[] prompt = random.ints(1 + random.nextInt(9), 0, 160).toArray();
        Exit exit = Exit.when(new KnownExit(KnownExit.Kind.KL, 0.05f));
        answers.add(engine.submit(greedy(prompt, 16, 12, Thinking.PLAIN.withExit(exit))));
        needed += 16L * prompt.length;
      }
      int early = 0;
      for (Generation answer : answers) {
        List<Token> tokens = answer.completion().join().tokens();
        for (Token token : tokens.subList(1, tokens.size())) {
          needed += token.steps();
          early += token.steps() < 16 ? 1 : 0;
        }
      }
      assertThat(early).as("tokens that left early").isGreaterThan(100);
    }
    assertThat(rows.get()).isGreaterThanOrEqualTo(needed).isLessThanOrEqualTo(needed * 105 / 100);
  }

  @Test
  void leaversShareTheirCodaAndWaitNoLongerThanAQuarterOfTheirSteps() {
    AtomicLong passes = new AtomicLong();
    EngineOptions options = new EngineOptions(device(), 64, 16, 16, 256 * MIB);
    long tokens = 0;
    LongConsumer count = lanes -> passes.addAndGet(lanes > 0 ? 1 : 0);
    try (Engine engine = Engine.open(NANO, options, () -> watched(open(), Role.CODA, count))) {
      List<Generation> answers = new ArrayList<>();
      Random random = new Random(3);
      for (int i = 0; i < 16; i++) {
        Exit exit = Exit.when(new KnownExit(KnownExit.Kind.LATENT_DIFF, 0.2f));
        int[] prompt = {random.nextInt(160)};
        answers.add(engine.submit(greedy(prompt, 16, 30, Thinking.PLAIN.withExit(exit))));
      }
      for (Generation answer : answers) {
        Completion completion = answer.completion().join();
        int steps = completion.tokens().stream().mapToInt(Token::steps).sum();
        int bound = completion.tokens().stream().mapToInt(token -> token.steps() / 4).sum();
        assertThat(completion.stats().ticks()).isBetween((long) steps, (long) steps + bound);
        tokens += completion.tokens().size();
      }
    }
    assertThat(tokens).isEqualTo(16 * 30);
    assertThat(passes.get()).as("passes for %d tokens", tokens).isLessThan(tokens / 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "mod:2", "first:2", "div:4", "div-blocks:3"})
  void memoryForTheDepthsNobodyReachedLetsOthersIn(String kv) {
    KvSharing sharing = KvSharing.parse(kv);
    int positions = 16 + 31;
    long page;
    try (Device device = open()) {
      page = device.kvPageBytes(3, 16);
    }
    long pages = 3 * sharing.slots(Config.read(NANO.resolve("config.json")), 16);
    EngineOptions exact = new EngineOptions(device(), 32, 4, 16, pages * page);
    try (Engine engine = Engine.open(NANO, exact)) {
      for (int round = 0; round < 2; round++) { // a page that leaks is missed in the next round
        List<Generation> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          Thinking thinking = Thinking.PLAIN.withKv(sharing).withExit(afterSteps(1 + i % 3));
          answers.add(engine.submit(greedy(new int[16], 16, positions - 15, thinking)));
        }
        answers.forEach(answer -> assertThat(answer.completion().join().tokens()).hasSize(32));
      }
      Thinking tooMuch = Thinking.PLAIN.withKv(sharing);
      assertThatThrownBy(() -> engine.submit(greedy(new int[16], 16, 40, tooMuch)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("kv " + kv);
    }
  }

  @Test
  void pagesOfDepthsThatNobodyReachedAreNeverAllocated() {
    int prompt = 2 * KvCache.PAGE;
    AtomicInteger deepest = new AtomicInteger();
    AtomicInteger mapped = new AtomicInteger();
    Mapping mapping =
        (slot, chunk) -> {
          if (chunk >= 2) {
            deepest.accumulateAndGet(slot, Math::max);
            mapped.incrementAndGet();
          }
        };
    try (Engine engine = Engine.open(NANO, roomy(), () -> mapping(open(), mapping))) {
      Request request = greedy(new int[prompt], 16, 40, Thinking.PLAIN.withExit(afterSteps(3)));
      List<Token> tokens = engine.submit(request).completion().join().tokens();
      assertThat(tokens.subList(1, 40)).extracting(Token::steps).containsOnly(3);
    }
    // prelude 2, coda 2, and three recurrences of 4 blocks, for the 39 positions after the prompt
    assertThat(deepest).hasValue(2 + 2 + 3 * 4 - 1);
    assertThat(mapped).hasValue(16 * KvCache.chunks(39));
  }

  private interface Mapping {
    void map(int slot, int chunk);
  }

  private static Device mapping(Device device, Mapping mapping) {
    return new ForwardingDevice(device) {
      @Override
      public Sequences sequences(int count, int positions, int slots) {
        return new Watched(super.sequences(count, positions, slots), mapping);
      }

      @Override
      public Routine prepare(Program program) {
        List<Op> ops = program.ops().stream().map(DepthCostTest::unwatched).toList();
        return super.prepare(new Program(program.name(), program.role(), ops));
      }

      @Override
      public Reading<Samples> prepare(Op.Draw draw) {
        return super.prepare(new Op.Draw(draw.logits(), of(draw.sequences()), draw.sampled()));
      }
    };
  }

  /** The same on the device's own sequences. */
  private static Op unwatched(Op op) {
    return switch (op) {
      case Op.Embed o ->
          new Op.Embed(o.table(), o.scale(), o.sampled(), of(o.sequences()), o.out());
      case Op.InitialState o ->
          new Op.InitialState(o.deviation(), o.scale(), of(o.sequences()), o.out());
      case Op.Attend o -> new Op.Attend(o.q(), of(o.sequences()), o.cache(), o.slot(), o.out());
      case Op.Product o when o.then() instanceof Heads h ->
          new Op.Product(
              o.name(),
              o.in(),
              o.weights(),
              new Heads(
                  h.bias(), h.norms(), h.rope(), of(h.sequences()), h.cache(), h.slot(), h.q()));
      default -> op;
    };
  }

  private static Sequences of(Sequences watched) {
    return ((Watched) watched).sequences;
  }

  /** Sequences whose page table is watched. */
  private record Watched(Sequences sequences, Mapping mapping) implements Sequences {
    @Override
    public int positions() {
      return sequences.positions();
    }

    @Override
    public void open(int sequence, muninn.kernels.SequenceParameters parameters) {
      sequences.open(sequence, parameters);
    }

    @Override
    public void restore(int sequence, int from, int[] tokens, int group) {
      sequences.restore(sequence, from, tokens, group);
    }

    @Override
    public void map(int sequence, int slot, int chunk, int page) {
      mapping.map(slot, chunk);
      sequences.map(sequence, slot, chunk, page);
    }
  }
}
