package muninn.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import muninn.engine.request.KnownExit;
import org.junit.jupiter.api.Test;

/** What the page offers against what requests may ask for. */
class SiteTest {
  @Test
  void thePageOffersEveryExitRuleInTheirOrder() throws Exception {
    String page;
    try (InputStream in = Site.class.getResourceAsStream("page/index.html")) {
      page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    String choice = page.replaceAll("(?s).*<select id=\"exit\">(.*?)</select>.*", "$1");
    assertThat(Pattern.compile("value=\"([^\"]*)\"").matcher(choice).results().map(m -> m.group(1)))
        .containsExactlyElementsOf(
            Stream.concat(
                    Stream.of("none"),
                    Arrays.stream(KnownExit.Kind.values()).map(KnownExit.Kind::id))
                .toList());
  }
}
