package muninn.hub;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Predicate;
import muninn.Progress;
import muninn.UserException;
import muninn.model.CheckpointFiles;

/**
 * Brings a checkpoint from the hub into the cache: the files that it is loaded from and no others,
 * several at once. The folder and the revision's name appear when all of them are there; until then
 * an earlier state stays what it was.
 */
public final class Pull {
  private final HubSettings settings;
  private final HubCache cache;
  private final int parallel;
  private final Patience.Pauses pauses;
  private final Consumer<String> notes;

  /**
   * What a pull has done.
   *
   * @param snapshot the folder to open
   * @param downloaded bytes that came over the network
   */
  public record Result(Path snapshot, long downloaded) {}

  /**
   * @param parallel files that are downloaded at once
   * @param notes is told what is waited for
   */
  public Pull(HubSettings settings, int parallel, Consumer<String> notes) {
    this(settings, parallel, notes, Thread::sleep);
  }

  Pull(HubSettings settings, int parallel, Consumer<String> notes, Patience.Pauses pauses) {
    this.settings = settings;
    this.cache = new HubCache(settings.cache());
    this.parallel = parallel;
    this.pauses = pauses;
    this.notes = notes;
  }

  /**
   * Downloads what is not there.
   *
   * @param display shows bytes
   * @throws UserException when it cannot be had, saying why and what to do
   * @throws InterruptedException when the thread is interrupted; what came by then is kept
   */
  public Result run(ModelId id, Progress.Display display) throws InterruptedException {
    if (settings.offline() || ModelId.isCommit(id.revision())) {
      Optional<Path> there = cache.whole(id);
      if (there.isPresent()) {
        return new Result(there.get(), 0);
      }
      if (settings.offline()) {
        throw UserException.of(
            "%s is not in the cache of models (%s), and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE"
                + " forbids to download it: unset that",
            id, cache);
      }
    }
    cache.prepare();
    try (Hub hub = new Hub(settings, pauses, notes)) {
      return new Session(hub, id, hub.revision(id), display).run();
    }
  }

  /** One pull, while the hub is open. */
  private final class Session {
    private final Hub hub;
    private final ModelId id;
    private final String commit;
    private final Set<String> there;
    private final Progress.Display display;
    private final Path snapshot;

    Session(Hub hub, ModelId id, Hub.Revision revision, Progress.Display display) {
      this.hub = hub;
      this.id = id;
      this.commit = revision.commit();
      this.there = new HashSet<>(revision.files());
      this.display = display;
      this.snapshot = cache.snapshot(id, commit);
    }

    Result run() throws InterruptedException {
      List<String> wanted =
          new ArrayList<>(CheckpointFiles.TEXTS.stream().filter(there::contains).toList());
      requireCheckpoint();
      long indexBytes = 0;
      if (there.contains(CheckpointFiles.WEIGHTS)) {
        wanted.add(CheckpointFiles.WEIGHTS);
      } else {
        indexBytes = fetch(List.of(CheckpointFiles.INDEX));
        wanted.add(CheckpointFiles.INDEX);
        wanted.addAll(shards());
      }
      long bytes = fetch(wanted);
      cache.note(id, commit);
      return new Result(snapshot, indexBytes + bytes);
    }

    private void requireCheckpoint() {
      if (!there.contains(CheckpointFiles.CONFIG)) {
        throw UserException.of(
            "%s holds no %s, so it is no checkpoint in Hugging Face layout: name a repository that"
                + " has one",
            id, CheckpointFiles.CONFIG);
      }
      if (!there.contains(CheckpointFiles.WEIGHTS) && !there.contains(CheckpointFiles.INDEX)) {
        Predicate<String> pickled = name -> name.matches("pytorch_model.*|.*\\.(bin|pt|pth|ckpt)");
        throw UserException.of(
            "%s holds no weights as safetensors (%s, or shards with %s)%s: name a repository that"
                + " has them",
            id,
            CheckpointFiles.WEIGHTS,
            CheckpointFiles.INDEX,
            there.stream().anyMatch(pickled)
                ? ", only files that run code when they are loaded, which are not downloaded"
                : "");
      }
    }

    private List<String> shards() {
      List<String> shards = CheckpointFiles.shards(snapshot.resolve(CheckpointFiles.INDEX));
      for (String shard : shards) {
        if (!there.contains(shard)) {
          throw UserException.of(
              "%s: %s names %s, which the repository does not hold: report it there",
              id, CheckpointFiles.INDEX, shard);
        }
      }
      return shards;
    }

    /** Downloads and links the files that are not there; answers the bytes that came. */
    private long fetch(List<String> names) throws InterruptedException {
      List<String> missing =
          names.stream().filter(name -> !Files.exists(snapshot.resolve(name))).toList();
      List<RemoteFile> files =
          inParallel(
              missing.stream()
                  .<Callable<RemoteFile>>map(name -> () -> hub.file(id, commit, name))
                  .toList());
      Map<String, RemoteFile> contents = new LinkedHashMap<>();
      files.stream()
          .filter(file -> !cache.has(file))
          .forEach(file -> contents.put(file.etag(), file));
      long came = download(contents.values());
      files.forEach(file -> cache.link(commit, file));
      return came;
    }

    private long download(Collection<RemoteFile> files) throws InterruptedException {
      long total = files.stream().mapToLong(file -> Math.max(0, file.bytes())).sum();
      long before =
          files.stream()
              .mapToLong(file -> Math.max(0, Math.min(cache.gathered(file), file.bytes())))
              .sum();
      if (files.isEmpty()) {
        return 0;
      }
      requireSpace(total - before);
      try (Progress progress = display.start("pulling " + id, before, total)) {
        Transferred transferred = new Transferred(progress, before);
        BlobDownload download = new BlobDownload(hub, cache, pauses, notes, transferred);
        inParallel(
            files.stream()
                .<Callable<Void>>map(
                    file ->
                        () -> {
                          download.run(file);
                          return null;
                        })
                .toList());
        return transferred.downloaded();
      }
    }

    private void requireSpace(long bytes) {
      long space = cache.space();
      if (bytes > space) {
        throw UserException.of(
            "%s takes %.2f GB more in %s, where %.2f GB are free: make room, or name a folder of"
                + " another disk in HF_HUB_CACHE",
            id, bytes / 1e9, cache, space / 1e9);
      }
    }
  }

  /** Does all of them, or throws what the first of them threw that failed; none goes on then. */
  private <T> List<T> inParallel(List<Callable<T>> work) throws InterruptedException {
    if (work.isEmpty()) {
      return List.of();
    }
    ExecutorService threads = Executors.newFixedThreadPool(Math.min(parallel, work.size()));
    try {
      CompletionService<T> ended = new ExecutorCompletionService<>(threads);
      work.forEach(ended::submit);
      List<T> results = new ArrayList<>();
      for (int i = 0; i < work.size(); i++) {
        results.add(ended.take().get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof UserException user
          ? user
          : new IllegalStateException(e.getCause());
    } finally {
      threads.shutdownNow();
      threads.close();
    }
  }
}
