# Nodes, subnets and the NAT gateway keep their zones when the list of zones changes.

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
  site                = "0a1b2c"
  cluster             = "pg"
  operation_id        = "op-1"
  instance_type       = "t3.medium"
  public_key          = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
  control_cidrs       = ["203.0.113.7/32"]
  allow_list          = ["198.51.100.0/24"]
  host_keys_directory = "./tests/host_keys"
  network             = { mode = "own", cidr = "10.77.0.0/16", private = true }
  connection          = "private"
  availability_zones  = ["eu-central-1b", "eu-central-1a", "eu-central-1c"]
  nodes = {
    pg-1 = { ordinal = 1 }
    pg-2 = { ordinal = 2 }
    pg-3 = { ordinal = 3, witness = true }
  }
}

run "made" {
  assert {
    condition     = { for name, node in output.nodes : name => aws_subnet.private[terraform_data.node[name].input.zone].cidr_block } == { pg-1 = "10.77.128.0/20", pg-2 = "10.77.144.0/20", pg-3 = "10.77.160.0/20" }
    error_message = "A private subnet's CIDR does not follow from the letter of its zone."
  }
  assert {
    condition     = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == { eu-central-1a = "10.77.0.0/20", eu-central-1b = "10.77.16.0/20", eu-central-1c = "10.77.32.0/20" }
    error_message = "A public subnet's CIDR does not follow from the letter of its zone."
  }
  assert {
    condition     = aws_nat_gateway.cluster[0].subnet_id == aws_subnet.public["eu-central-1b"].id
    error_message = "The NAT gateway is not in the first zone of the list."
  }
}

run "the_list_is_reordered" {
  command = plan
  variables {
    availability_zones = ["eu-central-1c", "eu-central-1b", "eu-central-1a"]
  }
  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { eu-central-1a = "10.77.128.0/20", eu-central-1b = "10.77.144.0/20", eu-central-1c = "10.77.160.0/20" }
    error_message = "Another order of the zones moves a subnet."
  }
  assert {
    condition     = aws_nat_gateway.cluster[0].subnet_id == aws_subnet.public["eu-central-1b"].id
    error_message = "Another order of the zones moves the NAT gateway."
  }
}

run "a_zone_with_a_node_is_taken_off_the_list" {
  command = plan
  variables {
    availability_zones = ["eu-central-1c", "eu-central-1d"]
    nodes = {
      pg-1 = { ordinal = 1 }
      pg-2 = { ordinal = 2 }
      pg-3 = { ordinal = 3 }
      pg-4 = { ordinal = 4 }
    }
  }
  override_data {
    target = data.aws_availability_zones.available
    values = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"] }
  }
  override_data {
    target = data.aws_ec2_instance_type_offerings.zones
    values = { locations = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"] }
  }
  assert {
    condition     = keys(aws_subnet.private) == ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"]
    error_message = "The network of a zone did not stay while a node is in it."
  }
  assert {
    condition     = [for name in ["pg-1", "pg-2", "pg-3", "pg-4"] : aws_ebs_volume.data[name].availability_zone] == ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"]
    error_message = "A node moved, or the new one is in no zone of the list."
  }
  assert {
    condition     = aws_subnet.private["eu-central-1d"].cidr_block == "10.77.176.0/20"
    error_message = "The new zone took a CIDR that is not its own."
  }
}

run "a_zone_is_no_longer_available" {
  command = plan
  variables {
    nodes = {
      pg-1 = { ordinal = 1 }
      pg-2 = { ordinal = 2 }
      pg-3 = { ordinal = 3, witness = true }
      pg-4 = { ordinal = 4 }
    }
  }
  override_data {
    target = data.aws_availability_zones.available
    values = { names = ["eu-central-1b", "eu-central-1c"] }
  }
  assert {
    condition     = contains(keys(aws_subnet.private), "eu-central-1a") && aws_ebs_volume.data["pg-1"].availability_zone == "eu-central-1a"
    error_message = "A zone that is not available lost its network, or its node."
  }
  assert {
    condition     = aws_ebs_volume.data["pg-4"].availability_zone == "eu-central-1c"
    error_message = "A new node is in a zone that is not available."
  }
}

run "the_account_offers_nothing_any_more" {
  command = plan
  override_data {
    target = data.aws_availability_zones.available
    values = { names = [] }
  }
  override_data {
    target = data.aws_ec2_instance_type_offerings.zones
    values = { locations = [] }
  }
  override_data {
    target = data.aws_ami_ids.debian
    values = { ids = [] }
  }
  assert {
    condition     = length(aws_subnet.private) == 3 && length(aws_instance.node) == 3
    error_message = "A cluster that exists depends on what the account offers today."
  }
}

run "a_new_node_names_its_zone" {
  command = plan
  variables {
    nodes = {
      pg-1 = { ordinal = 1, zone = "eu-central-1c" }
      pg-2 = { ordinal = 2 }
      pg-3 = { ordinal = 3, witness = true }
      pg-4 = { ordinal = 4, zone = "eu-central-1c" }
    }
  }
  assert {
    condition     = aws_ebs_volume.data["pg-4"].availability_zone == "eu-central-1c" && aws_ebs_volume.data["pg-1"].availability_zone == "eu-central-1a"
    error_message = "The zone of a node counts when it is made, and only then."
  }
}

run "refuses_a_new_node_without_a_zone" {
  command = plan
  variables {
    nodes = {
      pg-1 = { ordinal = 1 }
      pg-2 = { ordinal = 2 }
      pg-3 = { ordinal = 3, witness = true }
      pg-4 = { ordinal = 4 }
    }
  }
  override_data {
    target = data.aws_ec2_instance_type_offerings.zones
    values = { locations = [] }
  }
  expect_failures = [aws_ebs_volume.data]
}
