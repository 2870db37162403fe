package muninn.cli;

import java.util.List;
import java.util.Locale;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.engine.Devices;
import muninn.lab.Machine;

/** {@code muninn devices}: where models can run. */
final class DevicesCommand implements Command {
  private static final Option<Boolean> JSON =
      Option.flag("--json", "Print one JSON object.").shown();

  private final Console console;

  DevicesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of(
            "devices",
            "Lists the devices that models can run on, and says why others are not offered.")
        .groups(Group.of("Output", JSON))
        .examples("muninn devices", "muninn devices --json");
  }

  @Override
  public int run(Arguments given) {
    String processor = String.format(Locale.ROOT, "%s, %d cores", Machine.cpu(), Machine.cores());
    List<Devices.Found> devices = Devices.list();
    if (given.get(JSON)) {
      JsonOutput.print(
          console.out(),
          object -> {
            object.writeStringField("processor", processor);
            object.writeArrayFieldStart("devices");
            for (Devices.Found device : devices) {
              object.writeStartObject();
              object.writeStringField("id", device.id());
              object.writeStringField("description", OptionNames.asTyped(device.description()));
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
            .printf(
                Locale.ROOT,
                "%-8s %-14s %s%n",
                device.id(),
                state,
                OptionNames.asTyped(device.description()));
      }
    }
    return 0;
  }
}
