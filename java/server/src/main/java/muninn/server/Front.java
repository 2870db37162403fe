package muninn.server;

import io.helidon.http.http2.Http2Exception;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.engine.QueueFullException;
import muninn.files.Json;

/**
 * Where every request comes in: it is let in or not, finds its endpoint, and leaves with an answer
 * or one sentence that says why there is none.
 */
final class Front implements Handler {
  private final Guard guard;
  private final Metrics metrics;
  private final Map<String, Route> routes = new TreeMap<>();
  private final Consumer<Throwable> failures;
  private final Consumer<Visit> visits;
  private final AtomicInteger inside = new AtomicInteger();

  /**
   * An endpoint at an address.
   *
   * @param method with which it is asked
   * @param open whether it needs no key
   */
  private record Route(String method, boolean open, Endpoint endpoint) {
    /** What can be got can be asked for without its body. */
    boolean takes(String asked) {
      return asked.equals(method) || (asked.equals("HEAD") && method.equals("GET"));
    }
  }

  /**
   * A request that was answered, or broke off.
   *
   * @param nanos from its headers to its end
   */
  record Visit(Exchange exchange, long nanos) {}

  /**
   * @param failures hears of what is nobody's mistake but ours
   * @param visits hears of every request when it is over
   */
  Front(Guard guard, Metrics metrics, Consumer<Throwable> failures, Consumer<Visit> visits) {
    this.guard = guard;
    this.metrics = metrics;
    this.failures = failures;
    this.visits = visits;
  }

  /** Answers at an address, or all in a folder, whose name ends with a slash, for those let in. */
  Front at(String method, String path, Endpoint endpoint) {
    routes.put(path, new Route(method, false, endpoint));
    return this;
  }

  /** Answers at an address, for all. */
  Front openAt(String method, String path, Endpoint endpoint) {
    routes.put(path, new Route(method, true, endpoint));
    return this;
  }

  /** Requests that are not over. */
  int inside() {
    return inside.get();
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) {
    long began = System.nanoTime();
    Exchange exchange = new Exchange(request, response);
    inside.incrementAndGet();
    try {
      answer(exchange);
    } catch (CloseConnectionException e) {
      exchange.breaksOff();
      throw e;
    } finally {
      exchange.ends();
      inside.decrementAndGet();
      visits.accept(new Visit(exchange, System.nanoTime() - began));
    }
  }

  private void answer(Exchange exchange) {
    try {
      if (guard.answersForItself(exchange)) {
        return;
      }
      Route route = route(exchange.path());
      guard.letIn(exchange, route != null && route.open);
      if (route == null) {
        throw Refusal.of(
            404,
            "there is nothing at "
                + Json.shortened(exchange.path())
                + ", but at "
                + String.join(", ", routes.keySet()),
            null,
            "not_found");
      }
      if (!route.takes(exchange.method())) {
        exchange.put("Allow", route.method);
        throw Refusal.of(
            405,
            exchange.path() + " was asked with " + exchange.method() + ", wanted " + route.method);
      }
      route.endpoint.answer(exchange);
    } catch (CloseConnectionException e) {
      throw e;
    } catch (Refusal refusal) {
      refuse(exchange, refusal);
    } catch (UserException e) {
      refuse(exchange, Refusal.of(400, e.getMessage(), Blame.param(e.getMessage()), null));
    } catch (QueueFullException e) {
      metrics.refused();
      refuse(exchange, Refusal.unable(429, e.getMessage(), "rate_limit_error", "queue_full"));
    } catch (IOException e) {
      throw new ServerConnectionException("the client went away", e);
    } catch (Http2Exception e) {
      throw new CloseConnectionException("the client takes nothing of its answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("the server ends", e);
    } catch (RuntimeException | Error e) {
      failures.accept(e);
      String sorry = "the server failed: its own output says why";
      refuse(exchange, Refusal.unable(500, sorry, "server_error", null));
    }
  }

  /** The route of a path: that at its address, or at the folder that it is in. */
  private Route route(String path) {
    Route exact = routes.get(path);
    String folder = path.substring(0, path.lastIndexOf('/') + 1);
    return exact != null || folder.equals("/") ? exact : routes.get(folder);
  }

  /** Says why there is no answer; where one has begun, all that can be done is to break off. */
  private static void refuse(Exchange exchange, Refusal refusal) {
    if (exchange.begun() || exchange.brokeOff()) {
      throw new CloseConnectionException(refusal.getMessage());
    }
    if (refusal.passes()) {
      exchange.put("Retry-After", "1");
    }
    exchange.json(refusal.status(), refusal.error()::write);
  }
}
