package muninn.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubSettingsTest {
  @TempDir Path home;

  @ParameterizedTest
  @CsvSource({
    "'',                                                        .cache/huggingface/hub",
    "XDG_CACHE_HOME=/x,                                         /x/huggingface/hub",
    "XDG_CACHE_HOME=/x HF_HOME=/y,                              /y/hub",
    "HF_HOME=/y HF_HUB_CACHE=/z,                                /z",
    "HF_HOME=/y HUGGINGFACE_HUB_CACHE=/w,                       /w",
    "HF_HOME=~/models,                                          models/hub",
    "HF_HOME=~,                                                 hub",
  })
  void theCacheIsWhereOtherProgramsHaveIt(String variables, String folder) {
    assertThat(of(variables).cache()).isEqualTo(home.resolve(folder));
  }

  @Test
  void theTokenIsOfTheEnvironmentOrOfTheFileThatLoggingInLeaves() throws IOException {
    assertThat(of("").token()).isEmpty();
    Files.createDirectories(home.resolve(".cache/huggingface"));
    Files.writeString(home.resolve(".cache/huggingface/token"), "hf_file\n");
    assertThat(of("").token()).contains("hf_file");
    assertThat(of("HF_TOKEN=hf_variable").token()).contains("hf_variable");
    assertThat(of("HF_TOKEN_PATH=" + home.resolve("none")).token()).isEmpty();
  }

  @Test
  void aTokenThatCouldNotBeOneIsRefusedWithoutBeingShown() {
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_TOKEN", "hf_a\nhost: b"), home))
        .hasMessageContaining("HF_TOKEN")
        .message()
        .doesNotContain("hf_a");
  }

  @Test
  void theEndpointIsTheHubsOrAMirrors() {
    assertThat(of("").endpoint()).isEqualTo(URI.create("https://huggingface.co"));
    assertThat(of("HF_ENDPOINT=http://m.example:80/hf/").endpoint())
        .isEqualTo(URI.create("http://m.example:80/hf"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mirror.example", "ftp://m", "https://", "http://a:b@c", "file:///x"})
  void whatIsNoEndpointIsRefused(String endpoint) {
    assertThatThrownBy(() -> of("HF_ENDPOINT=" + endpoint))
        .hasMessageContaining("HF_ENDPOINT is '" + endpoint.replaceAll("/+$", ""));
  }

  @Test
  void offlineIsSaidInTheseWords() {
    assertThat(of("").offline()).isFalse();
    assertThat(of("HF_HUB_OFFLINE=0").offline()).isFalse();
    assertThat(of("HF_HUB_OFFLINE=1").offline()).isTrue();
    assertThat(of("HF_HUB_OFFLINE=yes").offline()).isTrue();
    assertThat(of("TRANSFORMERS_OFFLINE=TRUE").offline()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"})
  void whatSaysNeitherOfflineNorOnlineIsRefused(String variable) {
    assertThat(of(variable + "=off").offline()).isFalse();
    assertThatThrownBy(() -> of(variable + "=maybe"))
        .hasMessageContaining(variable + " is 'maybe', wanted 1, on, yes or true");
  }

  @ParameterizedTest
  @CsvSource({
    "HTTPS_PROXY=http://p:3128,                                   p:3128",
    "https_proxy=p:3128,                                          p:3128",
    "ALL_PROXY=http://p,                                          p:80",
    "HTTP_PROXY=http://p:3128,                                    ''",
    "HTTPS_PROXY=http://p:3128 NO_PROXY=hf.example,               ''",
    "HTTPS_PROXY=http://p:3128 no_proxy=a;.example,               ''",
    "HTTPS_PROXY=http://p:3128 NO_PROXY=*,                        ''",
    "HTTPS_PROXY=http://p:3128 NO_PROXY=f.example,                p:3128",
  })
  void theProxyIsThatOfTheEnvironment(String variables, String proxy) {
    Proxies proxies = new Proxies(map(variables.replace(';', ',')), null);

    Proxy chosen = proxies.select(URI.create("https://hf.example/x")).getFirst();

    assertThat(
            chosen.address() instanceof InetSocketAddress a
                ? a.getHostString() + ":" + a.getPort()
                : "")
        .isEqualTo(proxy);
  }

  @Test
  void aProxyThatIsNotUnderstoodIsRefusedWithoutBeingShown() {
    Proxies proxies = new Proxies(Map.of("HTTPS_PROXY", "http://user:secret@p:1"), null);

    assertThatThrownBy(() -> proxies.select(URI.create("https://hf.example/x")))
        .hasMessageContaining("HTTPS_PROXY")
        .message()
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "owner/name,                owner/name,  main",
    "owner/name@v1,             owner/name,  v1",
    "o-w.n_r/N-1.5B,            o-w.n_r/N-1.5B, main",
    "owner/name@refs/pr/3,      owner/name,  refs/pr/3",
  })
  void aModelIsNamedByOwnerNameAndRevision(String text, String repository, String revision) {
    ModelId id = ModelId.parse(text).orElseThrow();

    assertThat(id.repository()).isEqualTo(repository);
    assertThat(id.revision()).isEqualTo(revision);
    assertThat(id).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name",
        "a/b/c",
        "../b",
        "a/..",
        "./b",
        "a/.b",
        "-a/b",
        "a--b/c",
        "a/b..c",
        "a/b.git",
        "/b",
        "a/",
        "a\\b/c",
        "a/b@",
        "a/b@../x",
        "a/b@/x",
        "a/b@x/../y",
        "a/b@x y",
        "a/b@x@y",
        "~/b",
        "a/b@.x",
        "a/b@x/.y",
        "random:1x1x1",
        "https://huggingface.co/a/b",
        "é/b",
        "a/b@x\n"
      })
  void whatCouldLeadOutOfTheCacheIsNoModel(String text) {
    assertThat(ModelId.parse(text)).isEmpty();
  }

  private HubSettings of(String variables) {
    return HubSettings.of(map(variables), home);
  }

  private static Map<String, String> map(String variables) {
    return Stream.of(variables.split(" ", -1))
        .filter(variable -> variable.contains("="))
        .collect(
            Collectors.toMap(
                v -> v.substring(0, v.indexOf('=')), v -> v.substring(v.indexOf('=') + 1)));
  }
}
