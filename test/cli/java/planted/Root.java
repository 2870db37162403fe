package planted;

import planted.engine.Ticks;

/** Known to all, but knows the engine. */
public final class Root {
  public Ticks ticks;
}
