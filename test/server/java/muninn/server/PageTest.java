package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page at {@code /}, in a browser: what a reader does there, on the model that adds numbers.
 * With {@code -Dmuninn.pictures=FOLDER} it leaves pictures of what it looks like.
 */
class PageTest {
  private static final String IDLE = "!document.body.hasAttribute('data-busy')";

  private static Browser browser;
  private static Served served;

  @BeforeAll
  static void open() {
    Optional<Path> program = Browser.program();
    Assumptions.assumeTrue(program.isPresent(), "chromium not found: install Debian's chromium");
    served = Served.sums(Served.OPTIONS);
    browser = Browser.start(program.get());
  }

  @AfterAll
  static void close() throws Exception {
    if (served != null) {
      browser.close();
      served.close();
      assertThat(served.failures).isEmpty();
    }
  }

  @BeforeEach
  void begin() {
    browser.troubles.clear();
    browser.requests.clear();
    browser.look(1280, 900, false);
    show(served);
    browser.run("sessionStorage.clear()");
    browser.reload();
    browser.await("'ready' in document.body.dataset");
  }

  private static void show(Served on) {
    browser.open("http://127.0.0.1:" + on.server.port() + "/");
    browser.await("location.port === '" + on.server.port() + "' && document.body");
  }

  private static void ask(String prompt) {
    browser.run("document.getElementById('prompt').focus()");
    browser.type(prompt);
    browser.press("Enter");
  }

  private static void answered(int answers) {
    browser.await("document.querySelectorAll('.answer').length === " + answers + " && " + IDLE);
  }

  private static String answer(int index) {
    return browser
        .run("document.querySelectorAll('.answer .text')[" + index + "].textContent")
        .asText();
  }

  private static String figures() {
    String text = browser.run("document.querySelector('.figures-line').textContent").asText();
    return text.replace('\u00a0', ' ');
  }

  private static void nothingWentWrong(Served on) {
    assertThat(browser.troubles).isEmpty();
    String home = "http://127.0.0.1:" + on.server.port() + "/";
    assertThat(browser.requests).isNotEmpty().allMatch(url -> url.startsWith(home));
  }

  @Test
  void whatIsTypedIsAnsweredTokenByTokenEachWithItsSteps() {
    ask("348+27+915");
    answered(1);

    assertThat(answer(0)).isEqualTo("1290");
    JsonNode steps =
        browser.run("[...document.querySelectorAll('.token')].map(token => +token.dataset.steps)");
    assertThat(steps).hasToString("[16,16,16,16]");
    assertThat(figures()).contains("4 tokens", "core passes a token", "16 steps a token");
    nothingWentWrong(served);
  }

  @Test
  void depthExitAndSpeculationAreTheReadersChoice() {
    browser.run("document.getElementById('steps').focus()");
    browser.press("Home");
    browser.press("ArrowRight");
    browser.run("document.getElementById('speculate').value = 'wavefront:draft=1'");
    ask("348+27+915");
    answered(1);
    assertThat(browser.run("document.querySelector('.token').dataset.steps").asText())
        .isEqualTo("2");
    assertThat(browser.run("document.querySelector('.wave').getAttribute('aria-label')").asText())
        .contains("core passes", "opened on a guess");

    browser.run("document.getElementById('steps').value = 32");
    browser.run("document.getElementById('speculate').value = 'none'");
    browser.run("document.getElementById('exit').value = 'kl'");
    ask("12+30");
    answered(2);
    JsonNode least =
        browser.run(
            "Math.min(...[...document.querySelectorAll('.turn:last-child .token')]"
                + ".map(token => +token.dataset.steps))");
    assertThat(least.asInt()).isLessThan(32);
    nothingWentWrong(served);
  }

  @Test
  void twoDepthsAnswerSideBySide() {
    browser.run("document.getElementById('compare').click()");
    browser.run("document.getElementById('steps2').value = 1");
    ask("348+27+915");
    answered(2);

    assertThat(answer(0)).isEqualTo("1290");
    assertThat(answer(1)).isNotEqualTo("1290").isNotEmpty();
    assertThat(
            browser.run("[...document.querySelectorAll('.answer h3')].map(one => one.textContent)"))
        .hasToString("[\"16 steps\",\"1 step\"]");
    nothingWentWrong(served);
  }

  @Test
  void aTokenTellsHowItWasThought() throws IOException {
    ask("348+27+915");
    answered(1);
    browser.run("document.querySelectorAll('.token')[2].click()");
    browser.await("document.getElementById('trace').hasAttribute('data-ready')");

    assertThat(browser.run("document.getElementById('trace-note').textContent").asText())
        .contains("says “9” from step");
    assertThat(browser.run("document.querySelectorAll('.said-by-steps li').length").asInt())
        .isEqualTo(16);
    assertThat(browser.run("document.querySelectorAll('#trace canvas').length").asInt())
        .isEqualTo(2);
    pictures("trace");
    browser.press("Escape");
    browser.await("!document.getElementById('trace').open");
    nothingWentWrong(served);
  }

  @Test
  void aReloadKeepsConversationAndChoices() throws IOException {
    browser.run("document.getElementById('compare').click()");
    browser.run("document.getElementById('speculate').value = 'wavefront:draft=1'");
    browser.run("document.getElementById('speculate').dispatchEvent(new Event('input'))");
    ask("348+27+915");
    answered(2);
    ask("12+30");
    answered(4);
    pictures("chat");
    browser.reload();
    browser.await("'ready' in document.body.dataset");

    assertThat(answer(0)).isEqualTo("1290");
    assertThat(browser.run("document.querySelectorAll('.answer').length").asInt()).isEqualTo(4);
    assertThat(browser.run("document.getElementById('compare').checked").asBoolean()).isTrue();
    assertThat(browser.run("document.getElementById('speculate').value").asText())
        .isEqualTo("wavefront:draft=1");
    browser.run("document.getElementById('fresh').click()");
    assertThat(browser.run("document.querySelectorAll('.answer').length").asInt()).isZero();
    nothingWentWrong(served);
  }

  @Test
  void escapeStopsAnAnswerAndItsRequest() throws Exception {
    Silent silent = new Silent();
    try (Served slow = Served.by(silent, Served.OPTIONS)) {
      show(slow);
      browser.await("'ready' in document.body.dataset");
      browser.requests.clear();
      ask("go on");
      Silent.Answer spoken = silent.asked.poll(60, TimeUnit.SECONDS);
      spoken.say("one ");
      spoken.say("two ");
      browser.await("document.querySelectorAll('.token').length === 2");
      browser.press("Escape");
      browser.await(IDLE);

      assertThat(answer(0)).isEqualTo("one two ");
      assertThat(figures()).endsWith("stopped");
      spoken.completion.get(60, TimeUnit.SECONDS);
      nothingWentWrong(slow);
    }
  }

  @Test
  void whatTheServerRefusesIsSaidInItsWords() {
    browser.run("document.getElementById('exit').value = 'gate'");
    ask("348+27+915");
    answered(1);

    assertThat(browser.run("document.querySelector('.trouble').textContent").asText())
        .contains("gate");
  }

  @Test
  void aKeyIsAskedForOnceAndKeptInTheTab() throws Exception {
    try (Served closed = Served.sums(Served.withKeys("secret"))) {
      show(closed);
      browser.await("document.getElementById('key').open");
      browser.type("wrong");
      browser.press("Enter");
      browser.await("document.getElementById('key-note').textContent.includes('not one of')");
      browser.await("document.getElementById('key').open");
      browser.type("secret");
      browser.press("Enter");
      browser.await("'ready' in document.body.dataset");
      browser.reload();
      browser.await("'ready' in document.body.dataset");

      ask("12+30");
      answered(1);
      assertThat(answer(0)).isEqualTo("42");
    }
  }

  @Test
  void itFitsAPhone() {
    browser.look(390, 844, true);
    browser.run("document.getElementById('compare').click()");
    ask("348+27+915");
    answered(2);

    assertThat(browser.run("document.documentElement.scrollWidth").asInt()).isEqualTo(390);
    assertThat(browser.run("getComputedStyle(document.body).backgroundColor").asText())
        .isEqualTo("rgb(20, 23, 27)");
    nothingWentWrong(served);
  }

  @Test
  void oddTokensOfALargeVocabularyHarmNothing(@TempDir Path folder) throws Exception {
    try (Served many = Served.of(ManyTokens.write(folder.resolve("many")), Served.OPTIONS, null)) {
      show(many);
      browser.await("'ready' in document.body.dataset");
      browser.requests.clear();
      String title = browser.run("document.title").asText();
      browser.run("document.getElementById('tokens').value = 24");
      browser.run("document.getElementById('temperature').value = 1");
      ask("odd");
      answered(1);
      int tokens = browser.run("document.querySelectorAll('.token').length").asInt();
      assertThat(tokens).isPositive();
      for (int i = 0; i < tokens; i += 5) {
        browser.run("document.querySelectorAll('.token')[" + i + "].click()");
        browser.await("document.getElementById('trace').hasAttribute('data-ready')");
        assertThat(
                browser
                    .run(
                        "[...document.querySelectorAll('.said-by-steps .said')].every(one =>"
                            + " one.textContent.trim() && one.textContent.length < 60)")
                    .asBoolean())
            .as("each step says something that can be seen")
            .isTrue();
        pictures("odd-" + i);
        browser.press("Escape");
        browser.await("!document.getElementById('trace').open");
      }
      browser.look(390, 844, false);
      assertThat(browser.run("document.documentElement.scrollWidth").asInt()).isEqualTo(390);
      assertThat(browser.run("document.title").asText()).isEqualTo(title);
      assertThat(browser.run("document.querySelectorAll('.text script').length").asInt()).isZero();
      nothingWentWrong(many);
      assertThat(many.failures).isEmpty();
    }
  }

  private static void pictures(String name) throws IOException {
    String folder = System.getProperty("muninn.pictures");
    if (folder == null) {
      return;
    }
    for (int width : List.of(1280, 390)) {
      for (boolean dark : List.of(false, true)) {
        browser.look(width, width == 390 ? 844 : 900, dark);
        browser.run("new Promise(done => setTimeout(done, 800))");
        String look = name + "-" + width + (dark ? "-dark" : "-light") + ".png";
        Files.write(Path.of(folder, look), browser.picture());
      }
    }
    browser.look(1280, 900, false);
  }
}
