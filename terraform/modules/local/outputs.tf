output "nodes" {
  description = "Nodes by name: address inside the cluster's network, the network, and host and port to reach SSH and PostgreSQL from this machine. A witness's postgres_host and postgres_port are null."
  value = {
    for name, node in var.nodes : name => {
      name          = name
      address       = node.address
      subnet        = var.subnet
      ssh_host      = "127.0.0.1"
      ssh_port      = node.ssh_port
      postgres_host = node.postgres_port == null ? null : "127.0.0.1"
      postgres_port = node.postgres_port
    }
  }
  depends_on = [terraform_data.node]
}

output "network" {
  description = "Name of the cluster's Docker network."
  value       = local.network
  depends_on  = [terraform_data.network]
}
