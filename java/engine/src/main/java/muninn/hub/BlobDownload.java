package muninn.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import muninn.UserException;

/**
 * Gathers one content in the cache. It goes on from what an earlier try has left, asks again when
 * the line breaks, and keeps nothing under the content's name that is not this content.
 */
final class BlobDownload {
  private static final int BUFFER = 1 << 18;
  private static final Duration STALLED = Duration.ofSeconds(60);
  private static final Pattern RANGE = Pattern.compile("bytes ([0-9]{1,18})-[0-9]*/([0-9]+|\\*)");

  private final Hub hub;
  private final HubCache cache;
  private final Patience.Pauses pauses;
  private final Consumer<String> notes;
  private final Transferred transferred;

  /**
   * @param notes is told what is waited for
   */
  BlobDownload(
      Hub hub,
      HubCache cache,
      Patience.Pauses pauses,
      Consumer<String> notes,
      Transferred transferred) {
    this.hub = hub;
    this.cache = cache;
    this.pauses = pauses;
    this.notes = notes;
    this.transferred = transferred;
  }

  /**
   * Gathers a file's content, or waits until somebody else has.
   *
   * @throws UserException when it does not come, or not as it should
   */
  void run(RemoteFile file) throws InterruptedException {
    try (BlobLock _ = BlobLock.take(cache.lock(file), file.name(), notes)) {
      if (cache.has(file)) {
        return;
      }
      Path partial = cache.partial(file);
      boolean begun = cache.gathered(file) > 0;
      gather(file, partial);
      if (!file.matches(partial) && begun) {
        notes.accept("what was there of " + file.name() + " is another file's; from the start");
        discard(file, partial);
        gather(file, partial);
      }
      if (!file.matches(partial)) {
        discard(file, partial);
        throw UserException.of(
            "%s of %s came with another content than the hub says (its hash is not %s): give the"
                + " same command again, and check the proxy or mirror if that does not help",
            file.name(), file.model(), file.etag());
      }
      cache.keep(file);
    } catch (IOException e) {
      throw cache.unusable(e);
    }
  }

  private void discard(RemoteFile file, Path partial) throws IOException {
    transferred.gone(cache.gathered(file));
    Files.deleteIfExists(partial);
  }

  private void gather(RemoteFile file, Path partial) throws IOException, InterruptedException {
    Patience patience = new Patience(pauses, notes);
    if (file.bytes() != RemoteFile.UNKNOWN && cache.gathered(file) > file.bytes()) {
      discard(file, partial);
    }
    while (file.bytes() == RemoteFile.UNKNOWN || cache.gathered(file) < file.bytes()) {
      long before = cache.gathered(file);
      try {
        receive(file, partial, before);
        return;
      } catch (Trouble trouble) {
        if (cache.gathered(file) > before) {
          patience.gotOn();
        }
        patience.afterFailure(trouble, false);
      }
    }
    if (!Files.exists(partial)) {
      Files.createFile(partial); // nothing had to come
    }
  }

  /** One try: all that is left. */
  private void receive(RemoteFile file, Path partial, long from)
      throws IOException, InterruptedException {
    HttpResponse<InputStream> response;
    try {
      response = hub.open(file, from);
    } catch (Trouble trouble) {
      throw trouble;
    } catch (IOException e) {
      throw Trouble.broken(file.address().getAuthority(), e);
    }
    String host = response.uri().getAuthority();
    try (InputStream body = response.body();
        Watch watch = new Watch(body, STALLED);
        FileChannel to =
            FileChannel.open(
                partial,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.READ)) {
      if (from > 0 && !goesOn(response, from, file.bytes())) {
        to.truncate(0);
        transferred.gone(from);
        if (response.statusCode() != 200) {
          throw Trouble.cutShort(host + " cannot go on with " + file.name(), null);
        }
      }
      to.position(to.size());
      byte[] buffer = new byte[BUFFER];
      for (int read = next(body, buffer, host); read >= 0; read = next(body, buffer, host)) {
        watch.alive();
        if (file.bytes() != RemoteFile.UNKNOWN && to.position() + read > file.bytes()) {
          throw UserException.of(
              "%s sends more of %s than its %,d bytes: check HF_ENDPOINT and the proxy",
              host, file.name(), file.bytes());
        }
        for (ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read); bytes.hasRemaining(); ) {
          to.write(bytes);
        }
        transferred.came(read);
      }
      if (to.size() < file.bytes()) {
        throw Trouble.cutShort(
            String.format(
                Locale.ROOT,
                "%s ended %s after %,d of %,d bytes",
                host,
                file.name(),
                to.size(),
                file.bytes()),
            null);
      }
    }
  }

  /** The line's failures apart from the disk's. */
  private static int next(InputStream body, byte[] buffer, String host) throws Trouble {
    try {
      return body.read(buffer);
    } catch (IOException e) {
      throw Trouble.broken(host, e);
    }
  }

  /** Whether an answer begins where it was asked to, within a file of the same length. */
  private static boolean goesOn(HttpResponse<?> response, long from, long bytes) {
    if (response.statusCode() != 206) {
      return false;
    }
    Matcher range =
        RANGE.matcher(response.headers().firstValue("Content-Range").orElse("").strip());
    return range.matches()
        && Long.parseLong(range.group(1)) == from
        && (range.group(2).equals("*")
            || bytes == RemoteFile.UNKNOWN
            || range.group(2).equals(String.valueOf(bytes)));
  }
}
