package muninn.server;

import java.io.IOException;

/** What is answered at an address. */
@FunctionalInterface
interface Endpoint {

  /**
   * Answers.
   *
   * @throws RuntimeException which is told to the client where nothing is on its way yet
   */
  void answer(Exchange exchange) throws IOException, InterruptedException;
}
