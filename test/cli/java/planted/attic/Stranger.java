package planted.attic;

/** Lives in a package that has no place in the order. */
public final class Stranger {}
