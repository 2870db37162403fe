package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import muninn.engine.answer.Completion;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Thinking;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When lanes that have thought enough wait, so that more of them share a pass of the coda. */
class CodaBatchingTest {

  /**
   * Lanes are written as the steps they took of 32, one that has had enough as the ticks it has
   * waited beside it, and one with an exit rule with a question mark. Coda, head and prelude cost
   * as much as a step of the core.
   */
  @ParameterizedTest(name = "{3}: {0} of 32 and others at {1}: waits {2}")
  @CsvSource({
    "32+0,    '30 9',      true,  three lanes may wait three ticks between them",
    "32+0,    '29 9',      true,  another one comes with the last of these",
    "32+0,    '28 9',      false, it comes too late",
    "32+2,    '31 9',      true,  one tick is left to wait",
    "32+2,    '30 9',      false, and then waiting has cost what a pass does",
    "32+3,    '31 9',      false, it has cost that already",
    "32+1 32+0, '31 9',    true,  two lanes wait twice as much",
    "32+2 32+1, '31 9',    false, and so not as long",
    "32+8,    '31 9 9 9 9 9 9 9 9 9', false, a quarter of the steps has been waited",
    "32+0,    '',          false, nobody else is there",
    "4+0,     '31 9',      true,  four steps allow one tick",
    "3+0,     '31 9',      false, fewer allow none",
    "32+0 4+0, '30 9 9 9', false, the most hurried of them decides",
    "32+0,    '1? 1? 1? 1? 1?', false, five that may leave early at 5 in 32 each",
    "32+0,    '1? 1? 1? 1? 1? 1?', true, six of them make one expected leaver",
  })
  void lanesWaitUntilWaitingHasCostWhatAPassDoes(
      String done, String thinking, boolean waits, String why) {
    assertThat(new CodaBatching(1).waits(lanes(done, true), lanes(thinking, false)))
        .as(why)
        .isEqualTo(waits);
  }

  @Test
  void lanesWithAnExitRuleAreExpectedWhenOthersLeft() {
    CodaBatching batching = new CodaBatching(1);
    List<Lane> two = lanes("1? 1?", false);
    assertThat(batching.waits(lanes("32+0", true), two)).isFalse();
    batching.left(lanes("3?", true));
    assertThat(batching.waits(lanes("32+0", true), two)).isTrue();
  }

  /** Two of 64 lanes of 32 steps come to their end in each tick: a published rule waits for 16. */
  @Test
  void withPassesAsDearAsAStepAQuarterOfTheLanesPassTogether() {
    CodaBatching batching = new CodaBatching(1);
    List<Lane> done = new ArrayList<>();
    do {
      done.forEach(Lane::waits);
      done.addAll(lanes("32+0 32+0", true));
    } while (batching.waits(done, lanes("31 31 " + "9 ".repeat(62 - done.size()) + "9", false)));
    assertThat(done).hasSize(64 / 4);
  }

  /** Two come a tick after the first two, which wait for them. */
  @Test
  void anAnswerTakesTheTicksOfItsStepsAndThoseItWaited() {
    PlainScheduler plain = new PlainScheduler(8, 8, 10_000);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      answers.add(plain.submit(PlainScheduler.request(1, 16, 3)));
      if (i == 1) {
        plain.tick();
      }
    }
    plain.run();
    List<Completion.Stats> stats =
        answers.stream().map(a -> a.completion().join().stats()).toList();
    assertThat(stats).allMatch(one -> one.ticks() - one.waitedTicks() == 3 * 16);
    assertThat(stats).anyMatch(one -> one.waitedTicks() > 0);
  }

  private static List<Lane> lanes(String text, boolean enough) {
    List<Lane> lanes = new ArrayList<>();
    for (String one : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
      String[] parts = one.replace("?", "").split("\\+", -1);
      ExitRule.Watch watch = one.endsWith("?") ? look -> false : null;
      Lane lane = new Lane(0, lanes.size(), Lane.Kind.NEW, 0, 0, 32, watch);
      for (int i = 0; i < Integer.parseInt(parts[0]); i++) {
        lane.step();
      }
      if (enough && !lane.hasEnough()) {
        lane.enough();
      }
      for (int i = 0; parts.length > 1 && i < Integer.parseInt(parts[1]); i++) {
        lane.waits();
      }
      lanes.add(lane);
    }
    return lanes;
  }

  private static final int REQUESTS = 256;
  private static final int STEPS = 32;
  private static final int TOKENS = 65;

  /**
   * Requests that leave after so many steps in the mean, against the same at fixed depth, on a
   * machine on which a pass takes a fixed time and one for each lane, in that ratio: 0 where
   * arithmetic is the limit, as on a CPU, 256 where it is as much as reading the weights. Nothing
   * can be faster than rows that never wait, with as many passes as pay.
   */
  @ParameterizedTest(name = "{0} steps in the mean, fixed {1}: {2} of the bound")
  @CsvSource({
    "9, 0, 0.99",
    "12, 0, 0.99",
    "15, 0, 0.99",
    "9, 16, 0.97",
    "12, 16, 0.97",
    "15, 16, 0.97",
    "9, 256, 0.92",
    "12, 256, 0.95",
    "15, 256, 0.97",
  })
  void depthBatchingComesNearWhatPreludeCodaAndHeadAllow(int mean, int fixed, double share) {
    double price = 0.4 + 0.5; // as PlainScheduler has it
    double deep = time(STEPS, fixed);
    double found = deep / time(mean, fixed);
    double lanes = mean + price;
    double passes = mean + price / 2 + Math.sqrt(2 * price * mean);
    double bound = (STEPS + price) * (fixed + REQUESTS) / (fixed * passes + REQUESTS * lanes);
    assertThat(found / bound).isBetween(share, 1.01);
  }

  /** Time of positions after the prompt, which take 32 steps or leave early. */
  private static double time(int mean, int fixed) {
    PlainScheduler plain = new PlainScheduler(REQUESTS, REQUESTS, 1_000_000);
    plain.takes = lanes -> 1000L * (fixed + lanes);
    Random random = new Random(7);
    int[] leaves = random.ints(REQUESTS * 128, mean - 4, mean + 5).toArray();
    plain.eyes =
        lane -> {
          boolean moves = lane.steps() < leaves[lane.slot * 128 + lane.position];
          return ExitRule.Look.ofLatent(lane.steps(), 1, moves ? 1 : 0, 0);
        };
    Exit exit = mean == STEPS ? Exit.NEVER : Exit.when(KnownExit.Kind.LATENT_DIFF.rule());
    for (int i = 0; i < REQUESTS; i++) {
      plain.submit(PlainScheduler.request(1, STEPS, TOKENS).with(Thinking.PLAIN.withExit(exit)));
    }
    while (plain.batch.running().isEmpty()
        || plain.batch.running().stream().anyMatch(s -> s.wave.next() < 2)) {
      plain.tick();
    }
    long begun = plain.clock();
    plain.run();
    return plain.clock() - begun;
  }
}
