package muninn.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;
import muninn.UserException;
import muninn.files.FileProblem;
import muninn.model.CheckpointFiles;

/**
 * The folder in which all programs that use the hub keep its files, laid out as they do: for each
 * model the contents by their hash ({@code blobs}), a folder of links to them for each commit
 * ({@code snapshots}), and which commit a branch or tag was last ({@code refs}). Everything appears
 * under its name when it is whole, in one step.
 */
public final class HubCache {
  private static final String TAG = "CACHEDIR.TAG";
  private static final String TAG_TEXT =
      """
      Signature: 8a477f597d28d172789f06886806bc55
      # Models from the Hugging Face hub, which can be downloaded again.
      """;

  private final Path folder;

  public HubCache(Path folder) {
    this.folder = folder;
  }

  /**
   * The folder of a model that was downloaded, whatever program did it.
   *
   * @throws UserException when it is not there, or not whole, saying what to type
   */
  public Path require(ModelId id) {
    Optional<Path> snapshot = find(id);
    if (snapshot.isEmpty()) {
      throw UserException.of(
          "there is no folder %s here, and no such model in the cache (%s): if it is on the Hugging"
              + " Face hub, 'muninn pull %s' downloads it",
          id, folder, id);
    }
    Optional<String> missing = CheckpointFiles.missing(snapshot.get());
    if (missing.isPresent()) {
      throw UserException.of(
          "%s is only in part in the cache, without %s (%s): 'muninn pull %s' downloads the rest",
          id, missing.get(), snapshot.get(), id);
    }
    return snapshot.get();
  }

  /** The folder of a model's revision as it was last seen, whole or not. */
  Optional<Path> find(ModelId id) {
    return commit(id).map(commit -> snapshot(id, commit)).filter(Files::isDirectory);
  }

  /** The same where everything is there that it takes to open it. */
  Optional<Path> whole(ModelId id) {
    return find(id).filter(snapshot -> CheckpointFiles.missing(snapshot).isEmpty());
  }

  /** Which commit a revision was last. */
  private Optional<String> commit(ModelId id) {
    if (ModelId.isCommit(id.revision())) {
      return Optional.of(id.revision());
    }
    Path ref = ref(id);
    try {
      return Files.isRegularFile(ref)
          ? Optional.of(Files.readString(ref).strip()).filter(ModelId::isCommit)
          : Optional.empty();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private Path model(ModelId id) {
    return folder.resolve(folderName(id));
  }

  private static String folderName(ModelId id) {
    return "models--" + id.repository().replace("/", "--");
  }

  private Path ref(ModelId id) {
    return model(id).resolve("refs").resolve(id.revision());
  }

  /** The folder of a commit. */
  Path snapshot(ModelId id, String commit) {
    return model(id).resolve("snapshots").resolve(commit);
  }

  private Path blob(RemoteFile file) {
    return model(file.model()).resolve("blobs").resolve(file.etag());
  }

  /** Whether a file's content is there. */
  boolean has(RemoteFile file) {
    Path blob = blob(file);
    try {
      return Files.isRegularFile(blob)
          && (file.bytes() == RemoteFile.UNKNOWN || Files.size(blob) == file.bytes());
    } catch (IOException e) {
      return false;
    }
  }

  /** Where a content is gathered; its folder is there afterwards. */
  Path partial(RemoteFile file) throws IOException {
    Path blob = blob(file);
    Files.createDirectories(blob.getParent());
    return blob.resolveSibling(blob.getFileName() + ".incomplete");
  }

  /** How much of a content was gathered before. */
  long gathered(RemoteFile file) {
    Path blob = blob(file);
    try {
      return Files.size(blob.resolveSibling(blob.getFileName() + ".incomplete"));
    } catch (IOException e) {
      return 0;
    }
  }

  /** A content that was gathered, and is what it should be, takes its place. */
  Path keep(RemoteFile file) throws IOException {
    move(partial(file), blob(file));
    return blob(file);
  }

  /** The file by which those who would gather the same content wait for each other. */
  Path lock(RemoteFile file) throws IOException {
    Path locks = folder.resolve(".locks").resolve(folderName(file.model()));
    Files.createDirectories(locks);
    return locks.resolve(file.etag() + ".lock");
  }

  /** Puts a content under a file's name into the folder of a commit. */
  void link(String commit, RemoteFile file) {
    Path link = snapshot(file.model(), commit).resolve(file.name());
    if (Files.exists(link)) {
      return;
    }
    try {
      Files.createDirectories(link.getParent());
      Path made = unfinished(link);
      Files.createSymbolicLink(made, link.getParent().relativize(blob(file)));
      move(made, link);
    } catch (UnsupportedOperationException e) {
      throw UserException.because(
          e, "%s: no links can be made there: name a folder of another disk in HF_HUB_CACHE", link);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Notes which commit a revision is. */
  void note(ModelId id, String commit) {
    if (ModelId.isCommit(id.revision()) || commit(id).filter(commit::equals).isPresent()) {
      return;
    }
    try {
      Path ref = ref(id);
      Files.createDirectories(ref.getParent());
      Path made = unfinished(ref);
      Files.writeString(made, commit);
      move(made, ref);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Makes the folder, with the mark by which programs for backups leave it out. */
  void prepare() {
    try {
      Files.createDirectories(folder);
      Path tag = folder.resolve(TAG);
      if (!Files.exists(tag)) {
        Path made = unfinished(tag);
        Files.writeString(made, TAG_TEXT, StandardCharsets.US_ASCII);
        move(made, tag);
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Bytes that can still be written. */
  long space() {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** What is wrong with the folder. */
  UserException unusable(IOException e) {
    return UserException.because(
        e,
        "the cache of models cannot be written: %s; mend that, or name another folder in"
            + " HF_HUB_CACHE",
        FileProblem.describe(e));
  }

  @Override
  public String toString() {
    return folder.toString();
  }

  private static Path unfinished(Path file) {
    String id = UUID.randomUUID().toString().substring(0, 8);
    return file.resolveSibling(file.getFileName() + "." + id + ".tmp");
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
