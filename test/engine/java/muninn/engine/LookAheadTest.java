package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import muninn.engine.request.Request;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@code draft=auto} does where guessing pays and where it does not, on a scheduler without a
 * device, whose clock goes on as a test says. Prelude, coda and head cost 0.4 and 0.5 of a pass of
 * the core.
 */
class LookAheadTest {
  private static final int STEPS = 16;
  private static final int TOKENS = 90;
  private static final int WRONG = 1000;

  /** Weights are streamed: a pass takes as long for many lanes as for one. */
  private static final IntToLongFunction FLAT = lanes -> 1000;

  /** Arithmetic is the limit: two lanes take almost twice as long. */
  private static final IntToLongFunction STEEP = lanes -> 100 + 900L * lanes;

  private static PlainScheduler scheduler(IntToLongFunction takes) {
    PlainScheduler plain = new PlainScheduler(256, 64, 1_000_000);
    plain.takes = takes;
    return plain;
  }

  /** What lanes predict is right from this step on, and another wrong one after each before. */
  private static void settlesAfter(PlainScheduler plain, int steps) {
    plain.mind =
        lane -> lane.steps() >= steps ? lane.position + 1 : WRONG + lane.position + lane.steps();
  }

  private static Request request(String how) {
    Thinking thinking = Thinking.PLAIN.withSpeculation(Speculation.parse(how));
    return PlainScheduler.request(1, STEPS, TOKENS).with(thinking);
  }

  /** Time that so many requests take, one after the other. */
  private static long alone(PlainScheduler plain, String how, int requests) {
    long begun = plain.clock();
    for (int i = 0; i < requests; i++) {
      Answer answer = plain.submit(request(how));
      plain.run();
      assertThat(PlainScheduler.tokens(answer))
          .isEqualTo(IntStream.rangeClosed(1, TOKENS).boxed().toList());
    }
    return plain.clock() - begun;
  }

  /** Time with {@code draft=auto} for each of plain decoding, once what pays is known. */
  private static double against(IntToLongFunction takes, int settled) {
    PlainScheduler guessing = scheduler(takes);
    settlesAfter(guessing, settled);
    alone(guessing, "wavefront:draft=auto", 1);
    long time = alone(guessing, "wavefront:draft=auto", 10);
    return (double) time / alone(scheduler(takes), "none", 10);
  }

  @Test
  void whereLanesCostNothingPositionsOpenAsSoonAsPredictionsSettle() {
    assertThat(against(FLAT, 1)).isLessThan(0.17);
    assertThat(against(FLAT, 4)).isLessThan(0.40);
  }

  @Test
  void whereItDoesNotPayOneLaneThinksAtATime() {
    assertThat(against(STEEP, 1)).as("guesses are right, and lanes dear").isLessThan(1.03);
    assertThat(against(STEEP, STEPS)).as("lanes are dear, and wrong").isLessThan(1.03);
    assertThat(against(FLAT, STEPS)).as("guesses are never right").isLessThan(1.03);
  }

  @Test
  void whatItCostsToFindThatOutIsBounded() {
    PlainScheduler guessing = scheduler(STEEP);
    settlesAfter(guessing, STEPS);
    long first = alone(guessing, "wavefront:draft=auto", 1);
    long plain = alone(scheduler(STEEP), "none", 1);
    assertThat((double) first / plain).as("the very first answer").isLessThan(1.35);
  }

  /** Also where lanes take no time, so that only rows speak against them. */
  @Test
  void whereStatesNeverSettleFewRowsAreSpentOnFindingOut() {
    PlainScheduler guessing = scheduler(FLAT);
    settlesAfter(guessing, STEPS);
    List<Long> rows = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Answer answer = guessing.submit(request("wavefront:draft=auto"));
      guessing.run();
      rows.add(answer.completion().join().stats().steps());
    }
    double plain = STEPS * TOKENS;
    assertThat(rows.getFirst() / plain).as("the very first answer").isLessThan(1.05);
    assertThat(rows.getLast() / plain).as("the fourth").isLessThan(1.01);
  }

  /** The code of a pass is slow until it is compiled; a prompt's ticks are the first. */
  @Test
  void slowFirstTicksOfAPromptAreNotTakenForWhatLanesCost() {
    PlainScheduler guessing = scheduler(FLAT);
    int[] ticks = {0};
    guessing.takes = lanes -> 1000 + Math.max(0, 5000 - 300 * ticks[0]++);
    settlesAfter(guessing, 2);
    Thinking thinking = Thinking.PLAIN.withSpeculation(Speculation.parse("wavefront:draft=auto"));
    Answer answer = guessing.submit(PlainScheduler.request(8, STEPS, TOKENS).with(thinking), null);
    int passes = guessing.run();
    assertThat(answer.completion().join().tokens()).hasSize(TOKENS);
    assertThat((double) passes / STEPS / TOKENS).isLessThan(0.3);
  }

  @Test
  void itComesBackWhenItPays() {
    PlainScheduler plain = scheduler(FLAT);
    settlesAfter(plain, STEPS);
    alone(plain, "wavefront:draft=auto", 10);
    settlesAfter(plain, 1);
    alone(plain, "wavefront:draft=auto", 50);
    long now = alone(plain, "wavefront:draft=auto", 5);
    assertThat((double) now / alone(scheduler(FLAT), "none", 5)).isLessThan(0.17);
  }

  @Test
  void itComesBackWhenTicksCostLess() {
    PlainScheduler plain = scheduler(STEEP);
    settlesAfter(plain, 1);
    alone(plain, "wavefront:draft=auto", 10);
    plain.takes = FLAT;
    alone(plain, "wavefront:draft=auto", 20);
    long now = alone(plain, "wavefront:draft=auto", 5);
    assertThat((double) now / alone(scheduler(FLAT), "none", 5)).isLessThan(0.17);
  }

  /** Clocks that stand still, run backwards, or say anything. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void noClockChangesAText(long seed) {
    Random random = new Random(seed);
    PlainScheduler plain =
        scheduler(
            lanes ->
                switch ((int) seed) {
                  case 1 -> 0;
                  case 2 -> -random.nextInt(1_000_000);
                  case 3 -> Long.MAX_VALUE / 100_000;
                  default -> random.nextLong(-1000, 1L << random.nextInt(1, 40));
                });
    plain.mind =
        lane -> {
          boolean settled = lane.steps() >= 1 + lane.position * 7 % STEPS;
          return settled ? lane.position + 1 : WRONG + lane.position + lane.steps();
        };
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      answers.add(plain.submit(request("wavefront:draft=auto")));
      for (int tick = random.nextInt(40); tick > 0; tick--) {
        plain.tick();
      }
    }
    plain.run();
    for (Answer answer : answers) {
      assertThat(PlainScheduler.tokens(answer))
          .isEqualTo(IntStream.rangeClosed(1, TOKENS).boxed().toList());
    }
    assertThat(plain.batch.freeRows()).isEqualTo(256);
  }

  /**
   * Thirty-two clients, each with its next request as soon as it has its answer. Where lanes are
   * dear speculation must not cost rows; where they are free it may, and saves time.
   */
  @ParameterizedTest(name = "predictions settle after {0} of 16 steps")
  @CsvSource({"1", "4", "8", "16"})
  void underLoadThroughputIsNeverWorse(int settled) {
    Served plain = serve(STEEP, "none", settled);
    Served auto = serve(STEEP, "wavefront:draft=auto", settled);
    assertThat((double) auto.rows / plain.rows).as("core rows").isLessThanOrEqualTo(1.02);
    assertThat((double) auto.time / plain.time).as("time").isLessThanOrEqualTo(1.02);
    Served flat = serve(FLAT, "none", settled);
    Served free = serve(FLAT, "wavefront:draft=auto", settled);
    assertThat((double) free.time / flat.time)
        .as("time where lanes cost nothing")
        .isLessThan(settled <= 4 ? 0.7 : 1.02);
  }

  /**
   * So many clients over 64 rows, whose positions take a guess back for a while: lanes that each
   * request has in the mean, the first included, and those of them that are second continuations.
   */
  @ParameterizedTest(name = "{0} clients: at most {1} lanes, {2} of branches")
  @CsvSource({
    "1,  13, 0.7",
    "4,  12, 0.7",
    "8,  8,  0.3",
    "16, 4,  0.05",
    "32, 2,  0",
    "64, 1,  0"
  })
  void lanesAheadAndBranchesGiveWayAsRowsFill(int clients, double lanes, double branches) {
    PlainScheduler plain = new PlainScheduler(64, 64, 1_000_000);
    plain.mind =
        lane ->
            lane.position % 5 == 0 && (lane.steps() == 3 || lane.steps() == 4)
                ? WRONG + lane.position
                : lane.position + 1;
    for (int i = 0; i < clients; i++) {
      plain.submit(request("wavefront:draft=1"));
    }
    double all = 0;
    double second = 0;
    int seen = 0;
    do {
      plain.tick();
      for (Sequence sequence : plain.batch.running()) {
        all += sequence.lanes().size();
        second += sequence.lanes().size() - sequence.wave.lanes().size();
        seen++;
      }
    } while (plain.batch.running().size() == clients);
    assertThat(all / seen).isLessThanOrEqualTo(lanes).isGreaterThan(0.7 * lanes);
    assertThat(second / seen).isLessThanOrEqualTo(branches);
    if (clients == 1) {
      assertThat(second / seen).as("alone there are some").isGreaterThan(0.3);
    }
    plain.run();
    assertThat(plain.batch.freeRows()).isEqualTo(64);
  }

  /**
   * Requests that come when they come, some thirty at once in the mean, whether others are answered
   * or not.
   */
  @ParameterizedTest(name = "predictions settle after {0} of 16 steps")
  @CsvSource({"1", "4", "8", "16"})
  void norWhereRequestsDoNotWaitForAnswers(int settled) {
    long plain = rowsOfArrivals("none", settled);
    long auto = rowsOfArrivals("wavefront:draft=auto", settled);
    assertThat((double) auto / plain).as("core rows").isLessThanOrEqualTo(1.02);
  }

  private static long rowsOfArrivals(String how, int settled) {
    PlainScheduler plain = scheduler(STEEP);
    settlesAfter(plain, settled);
    Random random = new Random(1);
    double between = (double) STEPS * TOKENS * STEEP.applyAsLong(32) / 32;
    List<Answer> all = new ArrayList<>();
    double next = 0;
    while (all.size() < 320 || !plain.scheduler.idle()) {
      while (all.size() < 320 && (plain.clock() >= next || plain.scheduler.idle())) {
        all.add(plain.submit(request(how)));
        next -= between * Math.log(1 - random.nextDouble());
      }
      plain.tick();
    }
    return all.stream().mapToLong(a -> a.completion().join().stats().steps()).sum();
  }

  private record Served(long rows, long time) {}

  private static Served serve(IntToLongFunction takes, String how, int settled) {
    PlainScheduler plain = scheduler(takes);
    settlesAfter(plain, settled);
    List<Answer> all = new ArrayList<>();
    List<Answer> open = new ArrayList<>();
    while (all.size() < 320 || !plain.scheduler.idle()) {
      open.removeIf(answer -> answer.completion().isDone());
      while (open.size() < 32 && all.size() < 320) {
        open.add(plain.submit(request(how)));
        all.add(open.getLast());
      }
      plain.tick();
    }
    long rows = all.stream().mapToLong(a -> a.completion().join().stats().steps()).sum();
    return new Served(rows, plain.clock());
  }
}
