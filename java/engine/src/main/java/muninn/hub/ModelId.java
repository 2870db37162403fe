package muninn.hub;

import java.util.Optional;
import java.util.regex.Pattern;
import muninn.UserException;

/**
 * A model on the hub: {@code OWNER/NAME}, and which state of it. Both become parts of URLs and of
 * paths in the cache, so neither can hold anything that leads out of there.
 *
 * @param repository owner, slash, name
 * @param revision a branch, a tag or a commit
 */
public record ModelId(String repository, String revision) {
  /** The branch that is meant where none is named. */
  public static final String MAIN = "main";

  private static final Pattern REPOSITORY =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}");
  private static final Pattern REVISION = Pattern.compile("[^\\p{Cntrl}\\s~^:?*\\[\\\\@%#]{1,200}");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  public ModelId {
    if (!isRepository(repository)) {
      throw UserException.of(
          "'%s' is no name of a model on the hub, wanted OWNER/NAME as in"
              + " tomg-group-umd/huginn-0125",
          repository);
    }
    if (!isRevision(revision)) {
      throw UserException.of(
          "'%s' is no revision of %s, wanted a branch, a tag or a commit, as main",
          revision, repository);
    }
  }

  /**
   * What {@code OWNER/NAME} or {@code OWNER/NAME@REVISION} means; empty where a text is neither.
   */
  public static Optional<ModelId> parse(String text) {
    int at = text.indexOf('@');
    String repository = at < 0 ? text : text.substring(0, at);
    String revision = at < 0 ? MAIN : text.substring(at + 1);
    return isRepository(repository) && isRevision(revision)
        ? Optional.of(new ModelId(repository, revision))
        : Optional.empty();
  }

  private static boolean isRepository(String text) {
    return REPOSITORY.matcher(text).matches()
        && !text.contains("--")
        && !text.contains("..")
        && !text.endsWith(".git")
        && !text.endsWith(".")
        && !text.endsWith("-");
  }

  /** As Git names them, without what only some file systems allow. */
  private static boolean isRevision(String text) {
    return REVISION.matcher(text).matches()
        && !text.contains("..")
        && !text.contains("//")
        && !text.startsWith("/")
        && !text.startsWith(".")
        && !text.startsWith("-")
        && !text.contains("/.")
        && !text.endsWith("/")
        && !text.endsWith(".");
  }

  /** Whether a text is the whole name of a commit, whose files never change. */
  static boolean isCommit(String text) {
    return COMMIT.matcher(text).matches();
  }

  /** As it is typed. */
  @Override
  public String toString() {
    return revision.equals(MAIN) ? repository : repository + "@" + revision;
  }
}
