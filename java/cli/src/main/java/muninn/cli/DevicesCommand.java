package muninn.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import muninn.engine.Devices;
import muninn.lab.Machine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muninn devices}: where models can run. */
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = "Lists the devices that models can run on, and says why others are not offered.",
    footerHeading = "%nExamples:%n",
    footer = {"  muninn devices", "  muninn devices --json"})
final class DevicesCommand implements Callable<Integer> {
  private final Console console;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  DevicesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    String processor = String.format(Locale.ROOT, "%s, %d cores", Machine.cpu(), Machine.cores());
    List<Devices.Found> devices = Devices.list();
    if (json) {
      JsonOutput.print(
          console.out(),
          object -> {
            object.writeStringField("processor", processor);
            object.writeArrayFieldStart("devices");
            for (Devices.Found device : devices) {
              object.writeStartObject();
              object.writeStringField("id", device.id());
              object.writeStringField("description", device.description());
              object.writeBooleanField("available", device.available());
              object.writeEndObject();
            }
            object.writeEndArray();
          });
    } else {
      console.out().println(processor);
      for (Devices.Found device : devices) {
        String state = device.available() ? "available" : "not available";
        console
            .out()
            .printf(Locale.ROOT, "%-8s %-14s %s%n", device.id(), state, device.description());
      }
    }
    return 0;
  }
}
