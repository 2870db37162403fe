package muninn.engine;

import java.util.List;
import muninn.engine.answer.Token;

/**
 * A token that was drawn from a lane's prediction.
 *
 * @param id −1 where the logits are not numbers
 * @param logProb NaN where the request asked for none
 */
record Drawn(int id, float logProb, List<Token.Alternative> alternatives) {}
