# A primary, a replica and a witness as containers of this machine.

terraform {
  required_version = ">= 1.6"
}

variable "image" {
  description = "Docker image of the nodes; images/node/build.sh builds it."
  type        = string
}

variable "host_keys_directory" {
  description = "Directory with <node>/ssh_host_ed25519_key and its .pub for every node."
  type        = string
  default     = "./host_keys"
}

variable "authorized_key" {
  description = "OpenSSH public key that opens the nodes."
  type        = string
}

module "cluster" {
  source = "../.."

  site                = "0a1b2c"
  cluster             = "orders"
  operation_id        = "example"
  image               = var.image
  subnet              = "10.77.3.0/24"
  authorized_key      = var.authorized_key
  host_keys_directory = var.host_keys_directory

  nodes = {
    orders-1 = { address = "10.77.3.11", ssh_port = 22001, postgres_port = 25001 }
    orders-2 = { address = "10.77.3.12", ssh_port = 22002, postgres_port = 25002 }
    orders-3 = { address = "10.77.3.13", ssh_port = 22003 }
  }
}

output "nodes" {
  description = "Nodes by name."
  value       = module.cluster.nodes
}
