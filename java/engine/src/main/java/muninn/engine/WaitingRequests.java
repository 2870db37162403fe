package muninn.engine;

import java.util.ArrayDeque;
import java.util.List;
import muninn.engine.answer.FinishReason;

/**
 * Requests that wait for their place: first come, first served, and who was set back before all.
 */
final class WaitingRequests {
  private final ArrayDeque<Ticket> tickets = new ArrayDeque<>();

  void add(Ticket ticket) {
    tickets.add(ticket);
  }

  /** Takes back one that was in work; the youngest of several first. */
  void addBack(Ticket ticket) {
    tickets.addFirst(ticket);
  }

  int size() {
    return tickets.size();
  }

  /** Ends those that were cancelled. */
  void endCancelled() {
    tickets.removeIf(
        ticket -> {
          boolean cancelled = ticket.answer().cancelled(); // asked once: it may change any time
          if (cancelled) {
            ticket.answer().finish(FinishReason.CANCELLED);
          }
          return cancelled;
        });
  }

  /**
   * Takes in as many as there are places and pages for. One for which there are none lets nobody
   * pass, so that it is not overtaken for ever.
   */
  void admitTo(Admission admission) {
    while (!tickets.isEmpty() && admission.admit(tickets.peek())) {
      tickets.remove();
    }
  }

  /** All that wait, which wait here no more. */
  List<Ticket> takeAll() {
    List<Ticket> all = List.copyOf(tickets);
    tickets.clear();
    return all;
  }
}
