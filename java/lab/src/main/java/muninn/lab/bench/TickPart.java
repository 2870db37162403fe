package muninn.lab.bench;

import java.util.List;
import muninn.kernels.Program.Role;

/** The parts of a tick that are timed as a whole, by the programs of the forward pass in each. */
enum TickPart {
  /** Gives a lane a latent to start from. */
  OPENING("prelude", Role.PRELUDE, Role.START),
  STEP("core", Role.CORE),
  /** From a latent to the token that is drawn. */
  SPEAKING("coda and head", Role.CODA, Role.HEAD, Role.DRAW);

  /** As results name it. */
  final String label;

  final List<Role> roles;

  TickPart(String label, Role... roles) {
    this.label = label;
    this.roles = List.of(roles);
  }
}
