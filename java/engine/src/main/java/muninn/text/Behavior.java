package muninn.text;

/** What becomes of the places where a text is cut, as the library names it. */
enum Behavior {
  REMOVED("Removed"),
  ISOLATED("Isolated"),
  MERGED_WITH_PREVIOUS("MergedWithPrevious"),
  MERGED_WITH_NEXT("MergedWithNext"),
  CONTIGUOUS("Contiguous");

  private final String label;

  Behavior(String label) {
    this.label = label;
  }

  static Behavior read(Part part) {
    for (Behavior behavior : values()) {
      if (behavior.label.equals(part.text())) {
        return behavior;
      }
    }
    throw part.wrong("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
  }
}
