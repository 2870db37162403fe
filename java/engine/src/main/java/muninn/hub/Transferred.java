package muninn.hub;

import muninn.Progress;

/** Adds up what several downloads gather at once, and reports it. */
final class Transferred {
  private final Progress progress;
  private long there;
  private long downloaded;

  /**
   * @param there bytes of an earlier pull
   */
  Transferred(Progress progress, long there) {
    this.progress = progress;
    this.there = there;
  }

  /** Bytes came over the network. */
  synchronized void came(long bytes) {
    downloaded += bytes;
    there += bytes;
    progress.at(there, 0);
  }

  /** Bytes that came before are thrown away, and will come again. */
  synchronized void gone(long bytes) {
    there -= bytes;
    progress.at(there, 0);
  }

  /** Bytes that came over the network, those thrown away among them. */
  synchronized long downloaded() {
    return downloaded;
  }
}
