package muninn.engine.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import muninn.engine.request.Request;

/**
 * The answers to one request under way, each a {@link Generation} of its own, in the order of
 * {@link Request#each}. All of them have ended when they have.
 */
public record Answers(List<Generation> each) implements Pump.Flight<List<Completion>> {

  public Answers {
    each = List.copyOf(each);
  }

  /**
   * Queues all that a request asks for. Where one is refused, those before it are cancelled.
   *
   * @param submit such as {@code Engine.submit}; what it throws comes through
   */
  public static Answers submit(Request request, Function<Request, Generation> submit) {
    List<Generation> each = new ArrayList<>();
    try {
      request.each().forEach(single -> each.add(submit.apply(single)));
    } catch (RuntimeException e) {
      each.forEach(Generation::cancel);
      throw e;
    }
    return new Answers(each);
  }

  @Override
  public CompletableFuture<List<Completion>> completion() {
    CompletableFuture<?>[] ends =
        each.stream().map(Generation::completion).toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(ends)
        .thenApply(_ -> each.stream().map(one -> one.completion().join()).toList());
  }

  @Override
  public void cancel() {
    each.forEach(Generation::cancel);
  }
}
