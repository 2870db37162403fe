package muninn.cli;

import java.util.concurrent.Callable;
import muninn.kernels.Device;
import muninn.kernels.cpu.CpuDevice;
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
  private static final String NO_CUDA = "this build has no CUDA device";

  private final Console console;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  DevicesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    String cpu;
    try (Device device = new CpuDevice(0)) {
      cpu = device.name();
    }
    String processor = "%s, %d cores".formatted(Machine.cpu(), Machine.cores());
    if (json) {
      JsonOutput.print(
          console.out(),
          object -> {
            object.writeArrayFieldStart("devices");
            object.writeStartObject();
            object.writeStringField("id", "cpu");
            object.writeStringField("name", cpu);
            object.writeStringField("processor", processor);
            object.writeEndObject();
            object.writeEndArray();
            object.writeArrayFieldStart("unavailable");
            object.writeStartObject();
            object.writeStringField("id", "cuda");
            object.writeStringField("reason", NO_CUDA);
            object.writeEndObject();
            object.writeEndArray();
          });
    } else {
      console.out().println(cpu + " on " + processor);
      console.out().println("cuda is not available: " + NO_CUDA);
    }
    return 0;
  }
}
