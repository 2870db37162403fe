package muninn.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import muninn.kernels.Device;
import muninn.kernels.Sequences;
import muninn.model.Config;
import muninn.model.Forward;

/**
 * Turns requests into lanes and lanes into ticks. A tick admits what memory allows, opens positions
 * in the free rows, passes the core over all lanes that think, whatever step each is at, and lets
 * those speak that have had enough or are to guess; the row of a lane that leaves is taken again at
 * the next tick. Prefill is nothing special: the prompt's positions are lanes that open together.
 * Nor is speculation: lanes that open on guesses. Belongs to the engine's thread.
 */
final class Scheduler {
  private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
  private final Monitors monitors;
  private final Batch batch;
  private final Passes passes;
  private final Exits exits;
  private final Speech speech;

  Scheduler(
      Config config,
      Device device,
      Forward forward,
      Sequences sequences,
      KvPages pages,
      int rows,
      int slots,
      Monitors monitors) {
    this.monitors = monitors;
    batch = new Batch(sequences, pages, new DraftDepth(config), rows, slots, monitors);
    passes = new Passes(device, forward, rows, monitors);
    exits = new Exits(device, forward, rows);
    speech = new Speech(batch, passes, exits, device.ticksAhead(), monitors);
  }

  void enqueue(Sequence sequence) {
    waiting.add(sequence);
  }

  boolean idle() {
    return waiting.isEmpty() && batch.running().isEmpty() && speech.allHeard();
  }

  void tick() {
    monitors.tickBegins();
    cancel();
    admit();
    open();
    List<Lane> thinking = think();
    int lanes = thinking.size();
    ask(thinking);
    speech.speak(thinking);
    speech.hear();
    monitors.tickEnds(new Monitor.Tick(lanes, batch.running().size(), waiting.size()));
  }

  /** Ends everything, as cancelled or, where the engine failed, with that. */
  void abandon(Throwable failure) {
    List<Sequence> all = new ArrayList<>(batch.running());
    all.addAll(waiting);
    batch.running().clear();
    waiting.clear();
    for (Sequence sequence : all) {
      if (failure == null) {
        sequence.answer.finish(FinishReason.CANCELLED);
      } else {
        sequence.answer.fail(failure);
      }
    }
  }

  private void cancel() {
    waiting.removeIf(
        sequence -> {
          boolean cancelled = sequence.answer.cancelled(); // asked once: it may change any time
          if (cancelled) {
            sequence.answer.finish(FinishReason.CANCELLED);
          }
          return cancelled;
        });
    for (Sequence sequence : List.copyOf(batch.running())) {
      if (sequence.answer.cancelled()) {
        batch.end(sequence, FinishReason.CANCELLED);
      }
    }
  }

  /** First come, first served, as long as places and the pages each may need are free. */
  private void admit() {
    while (!waiting.isEmpty() && batch.admit(waiting.peek())) {
      waiting.remove();
    }
  }

  /**
   * Successors first, each in the row it inherits; then prompts, oldest first, in the rows left
   * over; then positions whose tokens are guesses. A prompt that waits for rows lets no younger one
   * take them.
   */
  private void open() {
    List<Lane> opened = new ArrayList<>();
    for (Sequence sequence : batch.running()) {
      Wave wave = sequence.wave;
      if (wave.inherits()) {
        opened.add(open(sequence, wave.takeInheritedRow(), wave.inheritedToken()));
      }
    }
    for (Sequence sequence : batch.running()) {
      for (int n = sequence.openable(batch.freeRows()); n > 0; n--) {
        int token = sequence.request.prompt()[sequence.wave.next()];
        opened.add(open(sequence, batch.takeRow(), token));
      }
      if (sequence.prefilling() && sequence.wave.isEmpty()) {
        break;
      }
    }
    int share = batch.share();
    for (Sequence sequence : batch.running()) {
      if (sequence.drafts.mayOpen(share) && batch.freeRows() > 0) {
        opened.add(open(sequence, batch.takeRow(), sequence.wave.guess()));
      }
      sequence.drafts.openedAll();
    }
    passes.open(opened);
    exits.watch(opened);
    batch.failBroken();
  }

  private static Lane open(Sequence sequence, int row, int token) {
    Lane lane = sequence.wave.open(sequence, row, token);
    sequence.drafts.opened(lane);
    return lane;
  }

  /** One recurrence step for every lane that thinks; answers with them. */
  private List<Lane> think() {
    List<Lane> thinking = batch.lanes(Lane::thinks);
    passes.think(thinking);
    for (Sequence sequence : batch.running()) {
      if (!sequence.wave.isEmpty()) {
        sequence.answer.tick(thinking.size());
      }
    }
    thinking.forEach(lane -> lane.sequence.answer.step());
    return thinking;
  }

  /** Rules that look at latents find out who has had enough. */
  private void ask(List<Lane> thinking) {
    exits.askLatents(thinking);
    batch.failBroken();
    thinking.removeIf(lane -> lane.sequence.ended);
  }
}
