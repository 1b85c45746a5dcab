# A primary, a replica and a witness in private subnets of a VPC of their own, reached by AWS Systems Manager:
# no port is open to the control plane. The larger data volumes use a key of KMS.

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

variable "kms_key_id" {
  description = "ARN of the key that encrypts the volumes."
  type        = string
}

variable "public_key" {
  description = "OpenSSH public key that opens the nodes."
  type        = string
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
  instance_type       = "m7g.large"
  availability_zones  = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  network             = { mode = "own", cidr = "10.77.0.0/16", private = true }
  connection          = "ssm"
  session_manager     = true
  allow_list          = ["10.0.0.0/8"]
  data_volume         = { size_gib = 200, iops = 6000, throughput_mib_s = 500 }
  kms_key_id          = var.kms_key_id
  public_key          = var.public_key
  host_keys_directory = var.host_keys_directory

  nodes = {
    orders-1 = { ordinal = 1 }
    orders-2 = { ordinal = 2 }
    orders-3 = { ordinal = 3, witness = true }
  }
}

output "nodes" {
  description = "Nodes by name."
  value       = module.cluster.nodes
}
