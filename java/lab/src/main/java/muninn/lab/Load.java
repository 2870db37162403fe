package muninn.lab;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import muninn.engine.Generation;
import muninn.engine.Request;
import muninn.engine.Token;

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
   * @param client who asked; of an open loop a number by which those at the same time differ
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
    Queue<Answered> answered = new ConcurrentLinkedQueue<>();
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService executor = threads.get()) {
      for (int c = 0; c < clients; c++) {
        int client = c;
        running.add(
            executor.submit(
                () -> {
                  for (int i = next.getAndIncrement();
                      i < requests.size();
                      i = next.getAndIncrement()) {
                    long now = clock.nanoTime();
                    Generation generation = submit.apply(requests.get(i));
                    answered.add(hear(i, client, requests.get(i), now, now, generation));
                  }
                }));
      }
      join(running);
    }
    return sorted(answered);
  }

  private List<Answered> open(List<Request> requests, Arrivals.Open open, long seed) {
    Queue<Answered> answered = new ConcurrentLinkedQueue<>();
    long[] times = times(requests.size(), open, seed);
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService executor = threads.get()) {
      long start = clock.nanoTime();
      for (int i = 0; i < times.length; i++) {
        int number = i;
        Request request = requests.get(i);
        long intended = start + times[i];
        clock.sleepUntil(intended);
        long now = clock.nanoTime();
        Generation generation = submit.apply(request);
        running.add(
            executor.submit(
                () -> answered.add(hear(number, 0, request, intended, now, generation))));
      }
      join(running);
    }
    return numbered(sorted(answered));
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

  private Answered hear(
      int number,
      int client,
      Request request,
      long intended,
      long submitted,
      Generation generation) {
    List<Long> tokens = new ArrayList<>(request.maxTokens());
    for (Token _ : generation) {
      tokens.add(clock.nanoTime());
    }
    return new Answered(
        number, client, request.prompt().length, intended, submitted, tokens, clock.nanoTime());
  }

  private static void join(List<Future<?>> running) {
    for (Future<?> client : running) {
      try {
        client.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException cause
            ? cause
            : new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for answers", e);
      }
    }
  }

  private static List<Answered> sorted(Queue<Answered> answered) {
    return answered.stream().sorted(Comparator.comparingInt(Answered::request)).toList();
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
