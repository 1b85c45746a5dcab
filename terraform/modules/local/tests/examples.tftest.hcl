# The examples plan as they are written.

run "three_nodes" {
  command = plan
  module {
    source = "./examples/three-nodes"
  }
  variables {
    image          = "hathi-node:0123456789ab"
    authorized_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPVaTC6hna15qDOpCZ8OADv0L3AgdVODq1/XeWjWrzAV"
  }
  assert {
    condition     = length(output.nodes) == 3 && output.nodes["orders-3"].postgres_port == null
    error_message = "The example does not plan two nodes and a witness."
  }
}
