package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import muninn.engine.answer.FinishReason;
import muninn.kernels.Device;
import muninn.model.Architecture;
import muninn.model.Model;

/**
 * The threads of an engine, one a device, and the one queue before them, first come, first served.
 * A request goes to the device with the most free places, or to one with hardly fewer where a
 * prompt that began alike was thought about; what it says does not depend on which. When a device
 * is lost, its requests begin again on the others: what they have said stands, is thought about
 * once more, and the answers go on.
 */
final class EngineThreads {
  /** Of several devices, each has so many waiting as a share of its places: it is never idle. */
  private static final int IN_RESERVE = 4;

  private final EngineOptions options;
  private final boolean noisy; // whether latents start from noise
  private final List<EngineThread> all = new ArrayList<>();

  // Guarded by this.
  private final ArrayDeque<Ticket> waiting = new ArrayDeque<>();
  private final Map<EngineThread, Integer> held = new LinkedHashMap<>(); // of those that are alive
  private final Beginnings<EngineThread> beginnings = new Beginnings<>();
  private int open; // requests handed in whose answers have not ended
  private boolean closed;
  private Throwable failure; // of the last one alive
  private Consumer<LostDevice> lost = _ -> {};

  /** Returns when all are ready; throws what kept one of them from that. */
  EngineThreads(
      Model model, EngineOptions options, List<Supplier<Device>> devices, Monitor monitor) {
    this.options = options;
    noisy = model.architecture().start() == Architecture.Start.NORMAL;
    for (Supplier<Device> device : devices) {
      all.add(new EngineThread(model, options, device, new Monitors(monitor), this::ended));
    }
    try {
      all.forEach(EngineThread::awaitReady);
    } catch (Throwable t) {
      all.forEach(EngineThread::close);
      throw t;
    }
    synchronized (this) {
      all.forEach(thread -> held.put(thread, 0));
    }
  }

  /** The devices in a few words. */
  String deviceName() {
    Map<String, Long> names =
        all.stream()
            .collect(
                Collectors.groupingBy(
                    EngineThread::deviceName, LinkedHashMap::new, Collectors.counting()));
    return names.entrySet().stream()
        .map(e -> e.getValue() == 1 ? e.getKey() : e.getValue() + " × " + e.getKey())
        .collect(Collectors.joining(" + "));
  }

  /** What the first of them runs on. */
  String platform() {
    return all.getFirst().platform();
  }

  /** Room on the one that has the least. */
  Room room() {
    return all.stream()
        .map(EngineThread::room)
        .min(Comparator.comparingInt(Room::sequences))
        .orElseThrow();
  }

  /** Most positions of a sequence, on any of them. */
  int positions() {
    return all.stream().mapToInt(EngineThread::positions).min().orElseThrow();
  }

  /** KV pages that a sequence may have, on any of them. */
  int pages() {
    return all.stream().mapToInt(EngineThread::pages).min().orElseThrow();
  }

  /** Hears of every device that is lost while others go on, on the thread of that device. */
  synchronized void whenLost(Consumer<LostDevice> hears) {
    lost = hears;
  }

  /** From the next tick on runs this after every tick of every device, each on its own thread. */
  void betweenTicks(BetweenTicks work) {
    all.forEach(thread -> thread.betweenTicks(work));
  }

  /**
   * Takes a request.
   *
   * @throws QueueFullException when as many as allowed wait already
   * @throws IllegalStateException when the engine is closed, or failed earlier
   */
  synchronized void submit(Ticket ticket) {
    if (failure != null) {
      throw new IllegalStateException("the engine failed earlier", failure);
    }
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
    int places = held.keySet().stream().mapToInt(thread -> thread.room().sequences()).sum();
    if (open - places >= options.maxQueued()) {
      throw new QueueFullException(
          String.format(
              Locale.ROOT,
              "%d requests are in work or wait for that, as many as max_sequences %d%s and"
                  + " max_queued %d allow: submit again later",
              open,
              room().sequences(),
              held.size() == 1 ? "" : " of " + held.size() + " devices",
              options.maxQueued()));
    }
    open++;
    ticket.answer().whenEnded(this::answered);
    ticket.answer().whenCancelled(() -> cancelled(ticket.answer()));
    waiting.add(ticket);
    handOut();
  }

  /** Ends an answer that waits here; of one handed out, its device ends it in a tick. */
  private void cancelled(Answer answer) {
    boolean waited;
    synchronized (this) {
      waited = waiting.removeIf(ticket -> ticket.answer() == answer);
    }
    if (waited) {
      answer.finish(FinishReason.CANCELLED);
    }
  }

  /** The first in the queue go where there are places, as long as there are. */
  private void handOut() {
    while (!waiting.isEmpty()) {
      Ticket ticket = waiting.peek();
      Optional<EngineThread> free = place(ticket);
      if (free.isEmpty()) {
        return;
      }
      EngineThread thread = free.get();
      ticket.answer().whenEnded(() -> answered(thread));
      if (!thread.take(ticket)) {
        return; // it has just ended, says so itself, and then the others are asked
      }
      held.merge(thread, 1, Integer::sum);
      waiting.remove();
    }
  }

  /** A device alone has the whole queue, of which it knows best what its memory holds. */
  private Optional<EngineThread> place(Ticket ticket) {
    if (held.size() == 1) {
      return held.keySet().stream().findFirst();
    }
    int places = room().sequences();
    int reserve = Math.ceilDiv(places, IN_RESERVE);
    Optional<EngineThread> freest =
        held.entrySet().stream()
            .filter(e -> e.getValue() < places + reserve)
            .min(Comparator.comparingInt(Map.Entry<EngineThread, Integer>::getValue))
            .map(Map.Entry::getKey);
    if (freest.isEmpty() || !options.prefixReuse()) {
      return freest;
    }
    PrefixKey key = PrefixKey.of(ticket.request().options(), noisy);
    int most = Math.min(places, held.get(freest.get()) + reserve);
    Optional<EngineThread> place =
        beginnings
            .place(key, ticket.known())
            .filter(there -> held.getOrDefault(there, Integer.MAX_VALUE) < most)
            .or(() -> freest);
    beginnings.went(key, ticket.known(), place.get());
    return place;
  }

  private synchronized void answered() {
    open--;
    handOut();
  }

  private synchronized void answered(EngineThread by) {
    held.computeIfPresent(by, (_, n) -> n - 1);
    answered();
  }

  /** A thread ticks no more. */
  private void ended(EngineThread thread, Throwable thrown, List<Ticket> left) {
    List<Ticket> dropped = new ArrayList<>();
    Consumer<LostDevice> hears;
    boolean others;
    synchronized (this) {
      held.remove(thread);
      others = !closed && thrown != null && !held.isEmpty();
      hears = lost;
      if (others) {
        left.reversed().forEach(waiting::addFirst);
        handOut();
      } else {
        dropped.addAll(left);
        if (held.isEmpty()) {
          failure = thrown;
          dropped.addAll(waiting);
          waiting.clear();
        }
      }
    }
    for (Ticket ticket : dropped) {
      if (thrown == null) {
        ticket.answer().finish(FinishReason.CANCELLED);
      } else {
        ticket.answer().fail(thrown);
      }
    }
    if (others) {
      hears.accept(new LostDevice(thread.deviceName(), thrown, left.size()));
    }
  }

  /** Cancels what is under way, frees the devices, and waits for all of that. */
  void close() {
    synchronized (this) {
      closed = true;
    }
    all.forEach(EngineThread::close);
  }
}
