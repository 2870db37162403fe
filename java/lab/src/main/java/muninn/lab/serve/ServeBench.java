package muninn.lab.serve;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import muninn.Progress;
import muninn.UserException;
import muninn.engine.answer.Pump;

/**
 * Puts made-up prompts to a server as users would: as they come, or so many at a time, or both. The
 * figures are of what was heard here, over the network, and not of what the server says.
 */
public final class ServeBench {
  private final ServeOptions options;

  public ServeBench(ServeOptions options) {
    this.options = options;
  }

  /** A request and when it may be put. */
  private record Put(int[] prompt, long at) {}

  /**
   * Asks, and waits for the answers.
   *
   * @param display shows answered requests and tokens
   * @throws UserException when the server cannot be asked at all, saying why
   * @throws InterruptedException when the thread is interrupted
   */
  public ServeResult run(Progress.Display display) throws InterruptedException {
    try (OpenAiClient client = new OpenAiClient(options)) {
      String model = options.model().isEmpty() ? client.firstModel() : options.model();
      Random random = new Random(options.seed());
      for (int i = 0; i < options.warmUps(); i++) {
        Heard heard = client.complete(model, prompt(random));
        if (!heard.isWhole()) {
          throw UserException.of(
              "the first request to %s failed: %s", options.url(), heard.error());
        }
      }
      return measured(client, model, random, display);
    } catch (IllegalStateException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw e;
    }
  }

  private ServeResult measured(
      OpenAiClient client, String model, Random random, Progress.Display display) {
    List<int[]> prompts =
        IntStream.range(0, options.requests()).mapToObj(i -> prompt(random)).toList();
    long[] times =
        Arrivals.nanos(options.requests(), options.rate(), options.burstiness(), options.seed());
    List<Heard> answers = new ArrayList<>();
    long start = System.nanoTime();
    Iterator<Put> puts =
        IntStream.range(0, times.length)
            .mapToObj(i -> awaited(new Put(prompts.get(i), start + times[i])))
            .iterator();
    long tokens = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Progress progress = display.start("asking", 0, options.requests());
        Pump<Put, Heard> pump =
            new Pump<>(
                puts,
                options.concurrency() > 0 ? options.concurrency() : Integer.MAX_VALUE,
                Pump.Order.AS_TAKEN,
                put -> ask(client, model, put, threads))) {
      while (pump.hasNext()) {
        Pump.Outcome<Put, Heard> outcome = pump.next();
        if (outcome.failure() != null) {
          throw new IllegalStateException(outcome.failure());
        }
        answers.add(outcome.answer());
        tokens += outcome.answer().outputTokens();
        progress.at(answers.size(), tokens);
      }
    }
    return new ServeResult(options, model, (System.nanoTime() - start) / 1e9, answers);
  }

  /** Comes when it is time. */
  private static Put awaited(Put put) {
    for (long left = put.at - System.nanoTime(); left > 0; left = put.at - System.nanoTime()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new IllegalStateException("interrupted while waiting for the next request's time");
      }
      LockSupport.parkNanos(left);
    }
    return put;
  }

  private static Pump.Flight<Heard> ask(
      OpenAiClient client, String model, Put put, ExecutorService threads) {
    CompletableFuture<Heard> heard = new CompletableFuture<>();
    var asked =
        threads.submit(
            () -> {
              try {
                heard.complete(client.complete(model, put.prompt));
              } catch (Throwable e) {
                heard.completeExceptionally(e);
              }
            });
    return new Pump.Flight<>() {
      @Override
      public CompletableFuture<Heard> completion() {
        return heard;
      }

      @Override
      public void cancel() {
        asked.cancel(true);
      }
    };
  }

  private int[] prompt(Random random) {
    return random
        .ints(options.inputTokens(), ServeOptions.FIRST_TOKEN, options.vocabulary())
        .toArray();
  }
}
