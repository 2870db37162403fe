package muninn.lab;

/** The ceilings of a device, as measured in the same run as what is held against them. */
public record Limits(double bytesPerSecond, double flopPerSecond) {}
