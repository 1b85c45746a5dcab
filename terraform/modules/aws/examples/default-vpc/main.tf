# A primary and two replicas in the default VPC, reached at public addresses.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "host_keys_directory" {
  description = "Directory with <node>/ssh_host_ed25519_key and its .pub for every node."
  type        = string
  default     = "./host_keys"
}

variable "public_key" {
  description = "OpenSSH public key that opens the nodes."
  type        = string
}

variable "control_cidrs" {
  description = "Networks that SSH comes from, e.g. [\"203.0.113.7/32\"]."
  type        = list(string)
}

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = {
      "hathi:cluster" = "orders"
      "hathi:site"    = "0a1b2c"
    }
  }
}

module "cluster" {
  source = "../.."

  site                = "0a1b2c"
  cluster             = "orders"
  operation_id        = "example"
  instance_type       = "t3.medium"
  control_cidrs       = var.control_cidrs
  public_key          = var.public_key
  host_keys_directory = var.host_keys_directory

  nodes = {
    orders-1 = { ordinal = 1 }
    orders-2 = { ordinal = 2 }
    orders-3 = { ordinal = 3 }
  }
}

output "nodes" {
  description = "Nodes by name."
  value       = module.cluster.nodes
}
