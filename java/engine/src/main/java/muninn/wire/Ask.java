package muninn.wire;

import java.util.List;
import muninn.engine.request.Request;

/**
 * What was posted to a completion endpoint.
 *
 * @param model what the asker calls the model; null where nothing is said
 * @param requests one for each choice of the answer, those of a prompt together
 * @param each how many a prompt has
 */
public record Ask(
    OpenAiJson.Kind kind, String model, List<Request> requests, int each, Telling telling) {}
