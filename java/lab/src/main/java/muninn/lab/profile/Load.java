package muninn.lab.profile;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Pump;
import muninn.engine.answer.Token;
import muninn.engine.request.Request;

/**
 * Puts requests to an engine as users would, and notes when each token came. In a closed loop every
 * client waits for its answer before it asks again, so a slow engine is asked less. In an open loop
 * requests come when they come: each has its time beforehand, and what it waits is counted from
 * that time, even where it could only be put later. So a stall is seen by all whom it kept waiting
 * and not only by the one whom it met (what Gil Tene calls coordinated omission is avoided).
 */
final class Load {

  /** How requests come. */
  sealed interface Arrivals {

    /** So many clients, each asking anew when it has its answer. */
    record Closed(int clients) implements Arrivals {}

    /**
     * So many requests a second on average, whatever becomes of them.
     *
     * @param random whether the time between two is drawn (exponentially), as among independent
     *     users, or always the same
     */
    record Open(double perSecond, boolean random) implements Arrivals {}
  }

  /** A clock, and patience. */
  interface Clock {
    long nanoTime();

    /** Returns at that time, or at once where it has passed. */
    void sleepUntil(long nanos);

    /** The machine's. */
    Clock SYSTEM =
        new Clock() {
          @Override
          public long nanoTime() {
            return System.nanoTime();
          }

          @Override
          public void sleepUntil(long nanos) {
            for (long left = nanos - nanoTime(); left > 0; left = nanos - nanoTime()) {
              LockSupport.parkNanos(left);
            }
          }
        };
  }

  /**
   * One request and when things happened to it, on the clock's scale.
   *
   * @param client a number by which requests at the same time differ
   * @param intended when it was to be put; latencies count from there
   * @param submitted when it was
   * @param tokens when each came
   * @param ended when nothing more did
   */
  record Answered(
      int request,
      int client,
      int promptTokens,
      long intended,
      long submitted,
      List<Long> tokens,
      long ended) {

    private Answered by(int client) {
      return new Answered(request, client, promptTokens, intended, submitted, tokens, ended);
    }
  }

  private final Function<Request, Generation> submit;
  private final Clock clock;
  private final Supplier<ExecutorService> threads;

  /**
   * @param threads on which clients live; closed when all have been answered
   */
  Load(Function<Request, Generation> submit, Clock clock, Supplier<ExecutorService> threads) {
    this.submit = submit;
    this.clock = clock;
    this.threads = threads;
  }

  /**
   * Puts them all, in order, and waits for the answers.
   *
   * @param seed of random arrivals
   * @throws IllegalStateException when an answer fails
   */
  List<Answered> run(List<Request> requests, Arrivals arrivals, long seed) {
    return switch (arrivals) {
      case Arrivals.Closed closed -> closed(requests, closed.clients());
      case Arrivals.Open open -> open(requests, open, seed);
    };
  }

  private List<Answered> closed(List<Request> requests, int clients) {
    Iterator<Put> put =
        IntStream.range(0, requests.size())
            .mapToObj(i -> new Put(i, requests.get(i), clock.nanoTime()))
            .iterator();
    return heard(put, clients);
  }

  private List<Answered> open(List<Request> requests, Arrivals.Open open, long seed) {
    long[] times = times(requests.size(), open, seed);
    long start = clock.nanoTime();
    Iterator<Put> put =
        IntStream.range(0, times.length)
            .mapToObj(i -> awaited(new Put(i, requests.get(i), start + times[i])))
            .iterator();
    return heard(put, Integer.MAX_VALUE);
  }

  /** A request and when it is to be put. */
  private record Put(int number, Request request, long intended) {}

  private Put awaited(Put put) {
    clock.sleepUntil(put.intended);
    return put;
  }

  private List<Answered> heard(Iterator<Put> put, int inFlight) {
    List<Answered> answered = new ArrayList<>();
    try (ExecutorService executor = threads.get();
        Pump<Put, Answered> pump =
            new Pump<>(put, inFlight, Pump.Order.AS_TAKEN, one -> hear(one, executor))) {
      while (pump.hasNext()) {
        Pump.Outcome<Put, Answered> outcome = pump.next();
        if (outcome.failure() != null) {
          throw outcome.failure() instanceof RuntimeException cause
              ? cause
              : new IllegalStateException(outcome.failure());
        }
        answered.add(outcome.answer());
      }
    }
    return numbered(answered);
  }

  /** When each is to come, from the start. */
  static long[] times(int count, Arrivals.Open open, long seed) {
    Random random = new Random(seed);
    double gap = 1e9 / open.perSecond();
    long[] times = new long[count];
    double at = 0;
    for (int i = 0; i < count; i++) {
      times[i] = Math.round(at);
      at += open.random() ? -Math.log(1 - random.nextDouble()) * gap : gap;
    }
    return times;
  }

  /** Puts a request and listens to its answer on a thread of its own. */
  private Pump.Flight<Answered> hear(Put put, ExecutorService executor) {
    long submitted = clock.nanoTime();
    Generation generation = submit.apply(put.request);
    CompletableFuture<Answered> heard =
        CompletableFuture.supplyAsync(() -> hear(put, submitted, generation), executor);
    return new Pump.Flight<>() {
      @Override
      public CompletableFuture<Answered> completion() {
        return heard;
      }

      @Override
      public void cancel() {
        generation.cancel();
      }
    };
  }

  private Answered hear(Put put, long submitted, Generation generation) {
    List<Long> tokens = new ArrayList<>(put.request.options().maxTokens());
    for (Token _ : generation) {
      tokens.add(clock.nanoTime());
    }
    int promptTokens = put.request.prompt().length;
    return new Answered(
        put.number, 0, promptTokens, put.intended, submitted, tokens, clock.nanoTime());
  }

  /** Gives those whose times overlap different numbers, the lowest that are free. */
  private static List<Answered> numbered(List<Answered> answered) {
    List<Long> until = new ArrayList<>();
    List<Answered> numbered = new ArrayList<>();
    for (Answered one : answered) {
      int client = 0;
      while (client < until.size() && until.get(client) > one.intended()) {
        client++;
      }
      if (client == until.size()) {
        until.add(one.ended());
      } else {
        until.set(client, one.ended());
      }
      numbered.add(one.by(client));
    }
    return numbered;
  }
}
