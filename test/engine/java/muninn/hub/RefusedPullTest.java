package muninn.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a hub refuses or cannot do, and how it is said. */
class RefusedPullTest extends Pulls {
  @Test
  void aHubThatIsBusyIsAskedAgainWhenItSays() throws Exception {
    hub.fault(LISTING, FakeHub.status(429, "Retry-After", "7"), FakeHub.status(503));
    hub.fault("model.safetensors", FakeHub.status(429, "RateLimit", "\"resolvers\";r=0;t=55"));

    pull(ID);

    assertThat(pauses)
        .containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(2), Duration.ofSeconds(56));
    assertThat(notes.getFirst()).contains("too many requests").contains("trying again in 7 s");
  }

  @Test
  void aHubThatStaysBusyIsLeftAlone() {
    for (int i = 0; i < Patience.TRIES; i++) {
      hub.fault(LISTING, FakeHub.status(502));
    }
    assertThatThrownBy(() -> pull(ID))
        .hasMessageContaining("is in trouble (502), 5 times in a row: give the same command again");

    hub.fault(LISTING, FakeHub.status(429, "Retry-After", "3600"));
    assertThatThrownBy(() -> pull(ID))
        .hasMessageContaining("asks to be left alone for 60 minutes: give the same command again");
  }

  @Test
  void whatIsNotThereOrNotAllowedIsSaidWithTheRemedy() {
    assertThat(refusal(new ModelId("owner/nothing", "main")))
        .contains("has no model owner/nothing (404)")
        .contains("check the name");
    assertThat(refusal(new ModelId(FakeHub.MODEL, "v9")))
        .contains("owner/model-1 has no revision 'v9' (404)")
        .contains("/tree/main lists");
    hub.need("hf_secret", false);
    assertThat(refusal(ID)).contains("without a token (401)").contains("set HF_TOKEN");
    assertThatThrownBy(() -> pull(settings(hub, Optional.of("hf_wrong"), false), ID, 8))
        .hasMessageContaining("does not accept the token")
        .hasMessageContaining("settings/tokens")
        .message()
        .doesNotContain("hf_wrong");
    hub.need("hf_secret", true);
    assertThat(refusal(ID)).contains("is gated (401)").contains("set HF_TOKEN");
    assertThatThrownBy(() -> pull(settings(hub, Optional.of("hf_wrong"), false), ID, 8))
        .hasMessageContaining("is gated, and the token's owner has not been let in")
        .hasMessageContaining("ask for access at " + hub.address() + "/owner/model-1");
    hub.fault(
        LISTING, FakeHub.status(403, "X-Error-Message", "Access to this resource is disabled."));
    assertThat(refusal(ID)).contains("(403, \"Access to this resource is disabled.\")");
  }

  @Test
  void aRevisionIsToldFromAModelEvenWithoutTheHubsOwnCodes() {
    hub.withoutCodes();

    assertThat(refusal(new ModelId(FakeHub.MODEL, "v9"))).contains("has no revision 'v9'");
    assertThat(refusal(new ModelId("owner/nothing", "main"))).contains("has no model");
  }

  @Test
  void offlineNothingIsAskedFor() {
    assertThatThrownBy(() -> pull(settings(hub, Optional.empty(), true), ID, 8))
        .hasMessageContaining("HF_HUB_OFFLINE");
    assertThat(hub.asked()).isEmpty();
  }

  @Test
  void aHubThatCannotBeReachedIsSaidAtOnce() {
    hub.close();

    assertThat(refusal(ID))
        .contains("cannot be reached")
        .contains("check the network and the proxy (HTTPS_PROXY), or set HF_ENDPOINT to a mirror");
    assertThat(pauses).isEmpty();
  }

  @Test
  void whatIsNotTheHubIsSaid() {
    hub.fault(LISTING, FakeHub.instead("<html>log in</html>".getBytes(StandardCharsets.UTF_8)));
    assertThat(refusal(ID)).contains("does not answer as the Hugging Face hub does");
    hub.fault(LISTING, FakeHub.instead("{\"sha\": \"../x\"}".getBytes(StandardCharsets.UTF_8)));
    assertThat(refusal(ID)).contains("field sha is the text \"../x\", wanted a commit");
    hub.setEtag("model.safetensors", "../../../evil");
    assertThat(refusal(ID)).contains("has the etag '../../../evil', wanted a hash");
  }

  @Test
  void aRedirectWithoutEndOrToNowhereIsSaid() {
    FakeHub.Fault[] around = new FakeHub.Fault[11];
    Arrays.fill(around, FakeHub.status(307, "Location", LISTING));
    hub.fault(LISTING, around);
    assertThat(refusal(ID)).contains("from one address to another without end");
    hub.fault(LISTING, FakeHub.status(302, "Location", "file:///etc/passwd"));
    assertThat(refusal(ID)).contains("sends on to 'file:///etc/passwd', wanted an https address");
  }

  @Test
  void aModelThatWasRenamedIsFollowed() throws Exception {
    hub.setRevision("main");
    hub.fault(
        "/api/models/owner/old/revision/main",
        FakeHub.status(307, "Location", "/api/models/" + FakeHub.MODEL + "/revision/main"));
    for (String name : List.of("config.json", "tokenizer.json", "chat_template.jinja")) {
      moved(name);
    }
    moved("model.safetensors");

    assertThat(names(pull(new ModelId("owner/old", "main")).snapshot())).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil.safetensors", "/etc/x.safetensors", "a\\\\b.safetensors"})
  void anIndexCannotLeadOutOfTheFolder(String shard) throws Exception {
    try (FakeHub evil = new FakeHub()) {
      evil.with("config.json", "{}").with(INDEX, "{\"weight_map\": {\"a\": \"" + shard + "\"}}");

      assertThatThrownBy(() -> pull(evil, ID, 8))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("wanted a plain file name");
    }
  }

  @Test
  void aRepositoryWithoutWhatIsLoadedIsRefusedBeforeAnythingComes() throws Exception {
    try (FakeHub none = new FakeHub()) {
      none.with("README.md", "x");
      assertThatThrownBy(() -> pull(none, ID, 8)).hasMessageContaining("holds no config.json");
      none.with("config.json", "{}").with("pytorch_model.bin", "x");
      assertThatThrownBy(() -> pull(none, ID, 8))
          .hasMessageContaining("no weights as safetensors")
          .hasMessageContaining("run code when they are loaded");
      assertThat(none.downloads("config.json")).isZero();
    }
  }
}
