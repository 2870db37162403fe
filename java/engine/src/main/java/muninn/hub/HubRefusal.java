package muninn.hub;

import java.net.http.HttpResponse;
import muninn.UserException;
import muninn.files.Json;

/** What the hub's refusals mean, and what to do about each. */
final class HubRefusal {
  /** Says more exactly than the status why the hub refuses. */
  static final String CODE = "X-Error-Code";

  private static final String MESSAGE = "X-Error-Message";
  private static final String TOKENS = HubSettings.HUGGING_FACE + "/settings/tokens";

  private HubRefusal() {}

  /**
   * An answer that will not change by itself.
   *
   * @param file what was asked for of the model; null for the model itself
   */
  static UserException of(HubSettings settings, ModelId id, String file, HttpResponse<?> response) {
    String code = response.headers().firstValue(CODE).orElse("");
    String page = settings.endpoint() + "/" + id.repository();
    int status = response.statusCode();
    boolean known = settings.token().isPresent();
    if (code.equals("GatedRepo")) {
      return known
          ? UserException.of(
              "%s is gated, and the token's owner has not been let in (%d): ask for access at %s",
              id.repository(), status, page)
          : UserException.of(
              "%s is gated (%d): ask for access at %s, make a token at %s and set HF_TOKEN to it",
              id.repository(), status, page, TOKENS);
    }
    if (code.equals("RevisionNotFound")) {
      return noRevision(id, page);
    }
    if (status == 401) {
      return known
          ? UserException.of(
              "%s does not accept the token (HF_TOKEN, or the file token in HF_HOME) for %s (401):"
                  + " make another at %s",
              settings.host(), id.repository(), TOKENS)
          : UserException.of(
              "%s shows no %s to somebody without a token (401): check the name, or set HF_TOKEN to"
                  + " a token of somebody who may see it (%s)",
              settings.host(), id.repository(), TOKENS);
    }
    if (status == 403) {
      return UserException.of(
          "%s refuses %s (403%s): %s",
          settings.host(),
          id.repository(),
          said(response),
          known
              ? "ask for access at " + page + ", or use a token that may read it"
              : "set HF_TOKEN to a token of somebody who may read it (" + TOKENS + ")");
    }
    if (status == 404 && file == null) {
      return UserException.of(
          "%s has no model %s (404): check the name at %s%s",
          settings.host(),
          id.repository(),
          settings.endpoint(),
          known ? "" : "; for a private one set HF_TOKEN");
    }
    return UserException.of(
        "%s answers %d%s when asked for %s%s: give the same command again later, or report it"
            + " there",
        settings.host(), status, said(response), file == null ? "" : file + " of ", id);
  }

  static UserException noRevision(ModelId id, String page) {
    return UserException.of(
        "%s has no revision '%s' (404): %s/tree/%s lists its branches and tags",
        id.repository(), id.revision(), page, ModelId.MAIN);
  }

  private static String said(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue(MESSAGE)
        .map(message -> ", \"" + Json.shortened(message) + "\"")
        .orElse("");
  }
}
