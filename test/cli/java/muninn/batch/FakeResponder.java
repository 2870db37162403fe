package muninn.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Request;
import muninn.text.ChatTemplate.Message;
import muninn.wire.Responder;

/**
 * A model of one rule: it repeats the prompt backwards. It answers out of order on threads of its
 * own, refuses token 666, cannot answer token 888, fails at token 999 and never answers token 777;
 * token 0 has no text.
 */
public final class FakeResponder implements Responder, AutoCloseable {
  static final int SILENT = 0;
  static final int REFUSED = 666;
  static final int UNANSWERED = 777;
  static final int UNANSWERABLE = 888;
  static final int FATAL = 999;

  private static final Completion CANCELLED =
      new Completion(
          List.of(),
          "",
          FinishReason.CANCELLED,
          new Completion.Stats(0, 0, 0, 0, 0, 0, 0, 0, 0, Completion.Speculated.NOTHING));

  public final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  public final AtomicInteger mostInFlight = new AtomicInteger();

  /** Holds back the tokens of prompts with more than 50,000 characters. */
  final CountDownLatch longPrompts = new CountDownLatch(1);

  private final AtomicInteger inFlight = new AtomicInteger();
  private final ExecutorService threads = Executors.newFixedThreadPool(3);

  @Override
  public boolean hasText() {
    return true;
  }

  @Override
  public int[] prompt(String text) {
    if (text.equals("stumble")) {
      throw new IllegalStateException("a library stumbled");
    }
    try {
      if (text.length() > 50_000 && !longPrompts.await(30, TimeUnit.SECONDS)) {
        throw new UserException("nobody went on meanwhile");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return text.chars().toArray();
  }

  @Override
  public void requireChat() {}

  @Override
  public int[] conversation(List<Message> messages) {
    StringBuilder text = new StringBuilder();
    messages.forEach(message -> text.append(message.role()).append(':').append(message.content()));
    return prompt(text.toString());
  }

  @Override
  public String spell(int token) {
    return Character.toString(token);
  }

  @Override
  public String text(int[] tokens) {
    return Arrays.stream(tokens).mapToObj(this::spell).collect(Collectors.joining());
  }

  @Override
  public Generation submit(Request request) {
    if (contains(request, REFUSED)) {
      throw new UserException("prompt token 666 is outside the vocabulary");
    }
    requests.add(request);
    mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
    CompletableFuture<Completion> completion = new CompletableFuture<>();
    if (!contains(request, UNANSWERED)) {
      threads.execute(() -> answer(request, completion));
    }
    return new Generation() {
      @Override
      public Iterator<Token> iterator() {
        return completion.join().tokens().iterator();
      }

      @Override
      public CompletableFuture<Completion> completion() {
        return completion;
      }

      @Override
      public void cancel() {
        completion.complete(CANCELLED);
      }
    };
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private void answer(Request request, CompletableFuture<Completion> completion) {
    for (int spin = ThreadLocalRandom.current().nextInt(20_000); spin > 0; spin--) {
      Thread.onSpinWait();
    }
    inFlight.decrementAndGet();
    if (contains(request, UNANSWERABLE)) {
      completion.completeExceptionally(new UserException("the logits are not numbers"));
      return;
    }
    if (contains(request, FATAL)) {
      completion.completeExceptionally(new IllegalStateException("the device is gone"));
      return;
    }
    List<Token> tokens = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int[] prompt = request.prompt();
    for (int i = prompt.length - 1; i >= 0 && tokens.size() < request.options().maxTokens(); i--) {
      if (prompt[i] != SILENT) {
        text.appendCodePoint(prompt[i]);
      }
      tokens.add(
          new Token(prompt[i], "", request.options().steps(), Float.NEGATIVE_INFINITY, List.of()));
    }
    Completion.Stats stats =
        new Completion.Stats(prompt.length, 0, 0, 0, 0, 0, 0, 0, 0, Completion.Speculated.NOTHING);
    FinishReason reason = tokens.size() == prompt.length ? FinishReason.STOP : FinishReason.LENGTH;
    completion.complete(new Completion(tokens, text.toString(), reason, stats));
  }

  private static boolean contains(Request request, int token) {
    return Arrays.stream(request.prompt()).anyMatch(id -> id == token);
  }
}
