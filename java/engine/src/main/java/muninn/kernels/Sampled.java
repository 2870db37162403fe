package muninn.kernels;

/** Token ids by row on a device, for {@link Op.Draw} to write and {@link Op.Embed} to read. */
public interface Sampled {}
