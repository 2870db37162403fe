package muninn.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import muninn.UserException;

/**
 * The proxies of the environment ({@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY},
 * {@code NO_PROXY}, in small letters too), which Java itself does not look at; without them what
 * Java was told.
 */
final class Proxies extends ProxySelector {
  private final Map<String, String> variables;
  private final ProxySelector otherwise;

  Proxies(Map<String, String> variables, ProxySelector otherwise) {
    this.variables = variables;
    this.otherwise = otherwise;
  }

  @Override
  public List<Proxy> select(URI uri) {
    if (isExempt(uri)) {
      return List.of(Proxy.NO_PROXY);
    }
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    String proxy = value(scheme + "_proxy");
    if (proxy.isEmpty()) {
      proxy = value("all_proxy");
    }
    if (!proxy.isEmpty()) {
      return List.of(parse(proxy));
    }
    return otherwise == null ? List.of(Proxy.NO_PROXY) : otherwise.select(uri);
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // The request fails too, and says so.
  }

  private String value(String name) {
    String small = variables.get(name);
    String large = variables.get(name.toUpperCase(Locale.ROOT));
    return small != null && !small.isBlank() ? small.strip() : large == null ? "" : large.strip();
  }

  /** A host of the list, or one below a domain of it. */
  private boolean isExempt(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    return Stream.of(value("no_proxy").toLowerCase(Locale.ROOT).split(",", -1))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .map(name -> name.startsWith("*.") ? name.substring(1) : name)
        .anyMatch(
            name ->
                name.equals("*")
                    || host.equals(name)
                    || (host + ":" + uri.getPort()).equals(name)
                    || host.endsWith(name.startsWith(".") ? name : "." + name));
  }

  private static Proxy parse(String text) {
    try {
      URI uri = URI.create(text.contains("://") ? text : "http://" + text);
      if ("http".equalsIgnoreCase(uri.getScheme())
          && uri.getHost() != null
          && uri.getRawUserInfo() == null) {
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
      }
    } catch (IllegalArgumentException e) {
      // Said below, without what may be a password.
    }
    throw new UserException(
        "the proxy of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) is none that is"
            + " understood, wanted http://HOST:PORT without a password");
  }
}
