package muninn.server;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** An executor whose tasks find the client of their connection in {@link Connections#CLIENT}. */
final class BoundExecutor extends AbstractExecutorService {
  private final ExecutorService all;
  private final Client client;

  BoundExecutor(ExecutorService all, Client client) {
    this.all = all;
    this.client = client;
  }

  @Override
  public void execute(Runnable task) {
    all.execute(() -> ScopedValue.where(Connections.CLIENT, client).run(task));
  }

  @Override
  public void shutdown() {
    throw new UnsupportedOperationException("it is the server's");
  }

  @Override
  public List<Runnable> shutdownNow() {
    throw new UnsupportedOperationException("it is the server's");
  }

  @Override
  public boolean isShutdown() {
    return all.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return all.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return all.awaitTermination(timeout, unit);
  }
}
