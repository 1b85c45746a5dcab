# The examples plan as they are written.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { id = "eu-central-1", names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_ec2_instance_type_offerings" {
    defaults = { locations = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_ec2_instance_type" {
    defaults = { supported_architectures = ["x86_64"] }
  }
  mock_data "aws_ami_ids" {
    defaults = { ids = ["ami-0123456789abcdef0", "ami-0fedcba9876543210"] }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_vpcs" {
    defaults = { ids = ["vpc-0123456789abcdef0"] }
  }
  mock_data "aws_vpc" {
    defaults = { id = "vpc-0123456789abcdef0" }
  }
  mock_data "aws_subnets" {
    defaults = { ids = ["subnet-0123456789abcdef0"] }
  }
  mock_data "aws_subnet" {
    defaults = {
      vpc_id            = "vpc-0123456789abcdef0"
      availability_zone = "eu-central-1a"
      cidr_block        = "172.31.0.0/20"
    }
  }
}

variables {
  public_key          = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
  host_keys_directory = "./tests/host_keys"
}

run "default_vpc" {
  command = plan
  module {
    source = "./examples/default-vpc"
  }
  variables {
    control_cidrs = ["203.0.113.7/32"]
  }
  assert {
    condition     = keys(output.nodes) == ["orders-1", "orders-2", "orders-3"]
    error_message = "The example does not plan three nodes."
  }
}

run "private_vpc" {
  command = plan
  module {
    source = "./examples/private-vpc"
  }
  variables {
    kms_key_id = "arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
  }
  assert {
    condition     = keys(output.nodes) == ["orders-1", "orders-2", "orders-3"] && output.nodes["orders-3"].postgres_port == null
    error_message = "The example does not plan two nodes and a witness."
  }
}
