package muninn.wire;

import muninn.engine.answer.Completion;
import muninn.engine.request.Options;

/**
 * A finished choice of an answer.
 *
 * @param prompt its prompt's text, where that is told; empty otherwise
 * @param opens whether it is the first of its prompt
 */
public record Choice(Options options, String prompt, boolean opens, Completion completion) {}
