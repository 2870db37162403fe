package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import muninn.engine.answer.Completion;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.Speculation;
import muninn.engine.request.Thinking;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Speculation as tables of ticks, on a scheduler without a device. A row is what the lanes look
 * like after a tick: position and steps, a dot where these are enough, an equals sign where it
 * pauses.
 */
class DraftsTest {
  private static final int STEPS = 4;
  private static final int WRONG = 50;

  private final PlainScheduler plain = new PlainScheduler(16, 4, 10_000);

  /** What lanes predict is right from this step on, and wrong in the same way before. */
  private void settlesAfter(int steps) {
    plain.mind = lane -> lane.steps() >= steps ? lane.position + 1 : WRONG + lane.position;
  }

  private Answer submit(String how, int promptTokens, int maxTokens) {
    Thinking thinking = Thinking.PLAIN.withSpeculation(Speculation.parse(how));
    return plain.submit(PlainScheduler.request(promptTokens, STEPS, maxTokens).with(thinking));
  }

  private String ticks() {
    List<String> rows = new ArrayList<>();
    while (!plain.scheduler.idle()) {
      plain.tick();
      rows.add(plain.lanes());
    }
    return String.join("\n", rows);
  }

  private static Completion.Speculated guesses(Answer answer) {
    return answer.completion().join().stats().speculated();
  }

  @Test
  void aRoundDraftsItsLanesOneByOneAndThenAdvancesThemTogether() {
    settlesAfter(2);
    Answer answer = submit("rounds:draft=2,k=3", 1, 6);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1
            0:2
            0:3

            1:1
            1:2
            1:2= 2:1
            1:2= 2:2
            1:2= 2:2= 3:1
            1:2= 2:2= 3:2
            1:3 2:3 3:3

            4:1
            4:2
            4:2= 5:1
            4:2= 5:2
            4:3 5:3
            """); // position 5 says the last token: the second round does not grow
    assertThat(PlainScheduler.tokens(answer)).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(guesses(answer).squashed()).isZero();
    assertThat(guesses(answer).byDepth()).isEqualTo(Map.of(2, new Completion.Rate(3, 3)));
  }

  @Test
  void whatARoundBuiltOnAWrongGuessIsSquashedAndBeginsANewRound() {
    settlesAfter(3);
    Answer answer = submit("rounds:draft=2,k=3", 1, 4);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1
            0:2
            0:3

            1:1
            1:2
            1:2= 2:1
            1:2= 2:2
            1:2= 2:2= 3:1
            1:2= 2:2= 3:2
            1:3 2:3 3:3

            2:1
            2:2
            2:2= 3:1
            2:2= 3:2
            2:3 3:3

            3:1
            3:2
            3:3
            """);
    assertThat(PlainScheduler.tokens(answer)).containsExactly(1, 2, 3, 4);
    assertThat(guesses(answer).squashed()).isEqualTo(2 + 1);
    assertThat(guesses(answer).byPlace()).containsExactly(new Completion.Rate(0, 2));
  }

  @Test
  void aLaneWhoseRuleFiresOnItsDraftDoesNotPause() {
    plain.eyes = lane -> ExitRule.Look.ofOutput(lane.steps(), lane.position == 2 ? 0 : 1, 0, 0, 1);
    Thinking thinking =
        Thinking.PLAIN
            .withSpeculation(Speculation.parse("rounds:draft=2,k=3,approximate"))
            .withExit(Exit.parse("kl").withMinSteps(2));
    Answer answer = plain.submit(PlainScheduler.request(1, STEPS, 4).with(thinking));
    assertThat(ticks())
        .isEqualTo(
            """
            0:1
            0:2
            0:3

            1:1
            1:2
            1:2= 2:1
            1:2= 2:2.
            1:2= 2:2. 3:1
            1:2= 2:2. 3:2
            1:3 2:2. 3:3
            """);
    assertThat(PlainScheduler.tokens(answer)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aLaneThatHasHadEnoughForLongLeavesBeforeOneBehindItThatPassesTheCodaNow() {
    plain.eyes =
        lane -> {
          boolean enough = lane.steps() >= (lane.position == 2 ? 2 : 3);
          return ExitRule.Look.ofOutput(lane.steps(), enough ? 0 : 1, 0, 0, 1);
        };
    Thinking thinking =
        Thinking.PLAIN
            .withSpeculation(Speculation.parse("rounds:draft=2,k=3,approximate"))
            .withExit(Exit.parse("kl").withMinSteps(2));
    Answer answer = plain.submit(PlainScheduler.request(1, STEPS, 4).with(thinking));
    assertThat(ticks()).contains("1:2= 2:2. 3:2\n2:2. 3:3.\n");
    assertThat(PlainScheduler.tokens(answer)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aWavefrontOpensAPositionATickAndSaysATokenATick() {
    settlesAfter(1);
    Answer answer = submit("wavefront:draft=1", 2, 6);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1 1:1
            0:2 1:2 2:1
            0:3 1:3 2:2 3:1
            2:3 3:2 4:1
            3:3 4:2 5:1
            4:3 5:2 6:1
            5:3 6:2
            5:4. 6:3
            """); // in the end nobody guesses, and two lanes share a pass of the coda
    assertThat(PlainScheduler.tokens(answer)).containsExactly(2, 3, 4, 5, 6, 7);
    assertThat(guesses(answer).opened()).isEqualTo(5);
    assertThat(guesses(answer).squashed()).isZero();
  }

  @Test
  void aWavefrontGuessesAtEveryMultipleOfItsDraftDepth() {
    settlesAfter(2);
    Answer answer = submit("wavefront:draft=2", 1, 4);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1
            0:2
            0:3 1:1
            1:2
            1:3 2:1
            2:2
            2:3 3:1
            3:2
            3:3
            """);
    assertThat(PlainScheduler.tokens(answer)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aLaneThatChangesItsMindTakesBackWhatWasBuiltOnIt() {
    settlesAfter(3);
    Answer answer = submit("wavefront:draft=1", 1, 3);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1
            0:2 1:1
            0:3 1:2 2:1
            1:1
            1:2 2:1
            1:3 2:2
            1:4. 2:3 / 2:1
            2:2
            2:3
            """); // at its third step a lane is asked again, and the next position begins anew
    assertThat(PlainScheduler.tokens(answer)).containsExactly(1, 2, 3);
    assertThat(plain.batch.freeRows()).isEqualTo(16);
  }

  /** Rows for two lanes each, and a prompt that waits for rows. */
  @Test
  void lanesAheadOfTheTextShareTheRowsAndGiveWayToPrompts() {
    PlainScheduler narrow = new PlainScheduler(4, 4, 10_000);
    Thinking wave = Thinking.PLAIN.withSpeculation(Speculation.wavefront(1));
    narrow.submit(PlainScheduler.request(1, STEPS, 9).with(wave));
    narrow.submit(PlainScheduler.request(1, STEPS, 9).with(wave));
    narrow.tick();
    narrow.tick();
    narrow.tick();
    assertThat(narrow.lanes()).isEqualTo("0:3 1:2 | 0:3 1:2");
    narrow.submit(PlainScheduler.request(4, STEPS, 1));
    narrow.tick();
    narrow.tick();
    narrow.tick();
    assertThat(narrow.lanes())
        .as("the prompt takes what falls free")
        .isEqualTo("2:1 | 2:1 | 0:2 1:2");
  }

  /** Lanes of ten steps so far, and how many may then be ahead: the first and those on guesses. */
  @ParameterizedTest(name = "{0} right, {1} wrong, {2} lanes, share {3}: {4} ahead")
  @CsvSource({
    "0,   0,  any, 99, 33", // one for each of 32 steps, and the one that leaves
    "100, 0,  any, 99, 33",
    "20,  20, any, 99, 33",
    "5,   12, any, 99, 33", // one guess is tried where a quarter of its steps is of use
    "0,   50, any, 99, 1", // and else only now and then
    "100, 0,  6,   99, 6",
    "100, 0,  any, 3,  3",
    "0,   50, any, 1,  1", // no row for any
  })
  void asManyLanesAreAheadAsAreLikelyToBeOfUse(
      int right, int wrong, String lanes, int share, int ahead) {
    Speculation mode = Speculation.wavefront(1);
    if (!lanes.equals("any")) {
      mode = mode.withLanes(Integer.parseInt(lanes));
    }
    DraftTally tally = new DraftTally(false);
    Drafts drafts = new Drafts(mode, new LookAhead(0.4, 0.5), 32, 0, 1000, tally);
    Lane guessed = LaneTest.lane(1, 32);
    guessed.openedBehind(1);
    for (int step = 0; step < 10; step++) {
      guessed.step();
    }
    for (int i = 0; i < Math.max(right, wrong); i++) {
      if (i < right) {
        drafts.kept(guessed, guessed);
      }
      if (i < wrong) {
        drafts.lost(List.of(guessed));
      }
    }
    drafts.tick(new Workload(1, 0, share));
    Wave wave = new Wave();
    int open = 0;
    do {
      wave.add(new Lane(0, open, Lane.Kind.NEW, open, 0, STEPS, null));
      wave.guess(0);
      open++;
    } while (drafts.mayOpen(wave, new Reach(open, open, share)));
    assertThat(open).isEqualTo(ahead);
  }

  @Test
  void aPromptsKeysAreRenewedForItsFirstGuessAndWheneverItIsTwiceAsDeep() {
    Drafts drafts =
        new Drafts(
            Speculation.wavefront(2), new LookAhead(0.4, 0.5), 99, 0, 9, new DraftTally(false));
    Lane last = new Lane(0, 0, Lane.Kind.PROMPT_END, 0, 0, 99, null);
    List<Integer> renewed = new ArrayList<>();
    for (int step = 1; step < 20; step++) {
      last.step();
      if (step % 2 == 0 && drafts.renewsPrompt(last)) {
        renewed.add(step);
      }
    }
    assertThat(renewed).containsExactly(2, 4, 8, 16);
  }

  @Test
  void aGuessThatWouldEndTheAnswerOpensNothing() {
    plain.mind = lane -> lane.position == 1 ? PlainScheduler.STOP : lane.position + 1;
    Answer answer = submit("wavefront:draft=1", 1, 9);
    assertThat(ticks())
        .isEqualTo(
            """
            0:1
            0:2 1:1
            0:3 1:2
            1:3
            """);
    assertThat(PlainScheduler.tokens(answer)).containsExactly(1);
  }

  /** Eight steps; the first position predicts by its steps, all others at once and right. */
  private String branching(int... says) {
    plain.mind =
        lane -> lane.position > 0 || lane.steps() >= 8 ? lane.position + 1 : says[lane.steps() - 1];
    Thinking thinking = Thinking.PLAIN.withSpeculation(Speculation.wavefront(1));
    Answer answer = plain.submit(PlainScheduler.request(1, 8, 6).with(thinking));
    StringBuilder rows = new StringBuilder();
    while (!plain.scheduler.idle()) {
      plain.tick();
      rows.append(plain.lanes()).append('\n');
    }
    assertThat(PlainScheduler.tokens(answer)).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(plain.batch.freeRows()).isEqualTo(16);
    assertThat(plain.unreserved()).isEqualTo(10_000);
    return rows.toString();
  }

  @Test
  void aPositionThatChangesItsMindIsFollowedTwoWaysUntilItIsDecided() {
    int a = 1;
    int b = WRONG;
    assertThat(branching(a, a, b, a, a, a, a))
        .as("what was built first goes on when it is said again: the other stays beside it")
        .isEqualTo(
            """
            0:1
            0:2 1:1
            0:3 1:2 2:1
            0:4 1:3 2:2 / 1:1
            0:5 1:4 2:3 3:1 / 1:2
            0:6 1:5 2:4 3:2 4:1 / 1:3
            0:7 1:6 2:5 3:3 4:2 5:1 / 1:4
            1:7 2:6 3:4 4:3 5:2
            2:7 3:5 4:4 5:3
            3:6 4:5 5:4
            3:7 4:6 5:5
            4:7 5:6
            4:8. 5:7

            """);
  }

  @Test
  void theLastWordTakesThePlaceOfWhatWasBefore() {
    int a = WRONG;
    int b = 1;
    String rows = branching(a, a, b, b, b, b, b);
    assertThat(rows)
        .as("the newer is the likelier one, and goes on")
        .contains("0:4 1:3 2:2 / 1:1\n0:5 1:4 2:3 / 1:2 2:1\n")
        .as("the last position opens in the tick in which it would have, had nothing stayed")
        .endsWith("4:7 5:6\n4:8. 5:7\n\n");
  }

  /** So many answers of six tokens, of eight steps: their rows, the last one's alone. */
  private String learnt(int answers, PlainScheduler.Mind mind) {
    plain.mind = mind;
    String rows = "";
    for (int i = 0; i < answers; i++) {
      Thinking thinking = Thinking.PLAIN.withSpeculation(Speculation.parse("wavefront:draft=1"));
      Answer answer = plain.submit(PlainScheduler.request(1, 8, 6).with(thinking));
      rows = ticks();
      assertThat(PlainScheduler.tokens(answer)).containsExactly(1, 2, 3, 4, 5, 6);
    }
    assertThat(plain.batch.freeRows()).isEqualTo(16);
    return rows;
  }

  @Test
  void whatNeverComesBackIsNotKept() {
    PlainScheduler.Mind settles =
        lane -> lane.steps() < 3 ? WRONG + lane.position : lane.position + 1;
    assertThat(learnt(1, settles)).as("nothing is known yet").contains(" / ");
    assertThat(learnt(20, settles)).doesNotContain(" / ");
  }

  @Test
  void nothingOpensOnGuessesThatAreHardlyEverRight() {
    PlainScheduler.Mind settles =
        lane -> lane.steps() < 4 ? WRONG + 9 * lane.steps() + lane.position : lane.position + 1;
    assertThat(learnt(40, settles)).startsWith("0:1\n0:2\n0:3\n0:4\n0:5 1:1\n0:6 1:2\n");
  }

  @Test
  void whatIsTakenBackForAMomentEachTimeStays() {
    PlainScheduler.Mind wavers =
        lane -> lane.steps() == 5 ? WRONG + lane.position : lane.position + 1;
    assertThat(learnt(1, wavers)).contains(" / ");
    assertThat(learnt(60, wavers))
        .as("position 1 is built on what position 0 takes back after 5 steps")
        .contains("0:5 1:4 2:3 3:2 4:1\n0:6 1:5 2:4 3:3 4:2")
        .doesNotContain(" / ");
  }
}
