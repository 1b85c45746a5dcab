# What no change of an input may do to a node that exists. The mutants of mutants.test.ts remove each
# protection, and require that the message of the assertion is reported.

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
  network             = { mode = "own", cidr = "10.77.0.0/16" }
  session_manager     = true
  kms_key_id          = "arn:aws:kms:eu-central-1:123456789012:key/first"
  nodes = {
    pg-1 = { ordinal = 1 }
    pg-2 = { ordinal = 2 }
    pg-3 = { ordinal = 3, witness = true }
  }
}

run "made" {
  assert {
    condition     = alltrue([for node in aws_instance.node : length(node.user_data) < 16384 && can(yamldecode(node.user_data))])
    error_message = "The user data are no YAML, or larger than EC2 accepts."
  }
  assert {
    condition     = alltrue([for volume in aws_ebs_volume.data : volume.encrypted])
    error_message = "A data volume is not encrypted."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : node.root_block_device[0].encrypted])
    error_message = "A root volume is not encrypted."
  }
  assert {
    condition     = alltrue([for volume in concat(values(aws_ebs_volume.data), [for node in aws_instance.node : node.root_block_device[0]]) : volume.kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/first"])
    error_message = "A volume is not encrypted with the given key."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : node.disable_api_termination])
    error_message = "A node has no termination protection."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : node.force_destroy])
    error_message = "An approved destroy stops at the termination protection."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : node.metadata_options[0].http_tokens == "required"])
    error_message = "A node accepts requests of IMDSv1."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : node.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "The metadata service answers beyond the node itself."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : node.metadata_options[0].instance_metadata_tags == "disabled"])
    error_message = "The metadata service returns the tags."
  }
  assert {
    condition     = alltrue([for attachment in aws_volume_attachment.data : attachment.stop_instance_before_detaching])
    error_message = "A data volume is detached from a running PostgreSQL."
  }
  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.inside : name => "${rule.ip_protocol} ${rule.from_port}-${rule.to_port}" } == { postgres = "tcp 5432-5432", patroni = "tcp 8008-8008", etcd = "tcp 2379-2380" }
    error_message = "Other ports than those of PostgreSQL, Patroni and etcd are open between the nodes."
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.inside : rule.referenced_security_group_id == aws_security_group.cluster.id])
    error_message = "A rule between the nodes admits others."
  }
  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.postgres : "${rule.ip_protocol} ${rule.from_port}-${rule.to_port} ${rule.cidr_ipv4}"] == ["tcp 5432-5432 198.51.100.0/24"]
    error_message = "The allow-list opens something else than PostgreSQL."
  }
  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.ssh : "${rule.ip_protocol} ${rule.from_port}-${rule.to_port} ${rule.cidr_ipv4}"] == ["tcp 22-22 203.0.113.7/32"]
    error_message = "control_cidrs opens something else than SSH."
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.all.ip_protocol == "-1" && aws_vpc_security_group_egress_rule.all.cidr_ipv4 == "0.0.0.0/0"
    error_message = "A node cannot reach packages, time or the other nodes."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : join(",", node.vpc_security_group_ids) == aws_security_group.cluster.id])
    error_message = "A node is in another security group than the cluster's."
  }
}

run "witness_becomes_full" {
  variables {
    nodes = {
      pg-1 = { ordinal = 1 }
      pg-2 = { ordinal = 2 }
      pg-3 = { ordinal = 3 }
    }
  }
  assert {
    condition     = aws_instance.node["pg-3"].id != run.made.nodes["pg-3"].instance_id
    error_message = "A witness becomes a full node without the first boot that mounts its data volume."
  }
  assert {
    condition     = alltrue([for name in ["pg-1", "pg-2"] : aws_instance.node[name].id == run.made.nodes[name].instance_id])
    error_message = "A node is replaced when another one changes."
  }
}

run "elastic" {
  variables {
    public_address = "elastic"
  }
}

run "elastic_with_another_operation" {
  command = plan
  variables {
    public_address = "elastic"
    operation_id   = "op-2"
  }
  assert {
    condition     = aws_eip.node["pg-1"].tags["hathi:operation"] == "op-1"
    error_message = "aws_eip.node: the tag of the operation that made it was changed."
  }
}

run "private" {
  variables {
    network    = { mode = "own", cidr = "10.77.0.0/16", private = true }
    connection = "private"
  }
}

run "every_input_changed" {
  command = plan
  variables {
    operation_id        = "op-2"
    availability_zones  = ["eu-central-1c"]
    network             = { mode = "own", cidr = "10.78.0.0/16", private = true }
    connection          = "private"
    key_name            = "another"
    kms_key_id          = "arn:aws:kms:eu-central-1:123456789012:key/second"
    host_keys_directory = "./tests/other_host_keys"
    nodes = {
      pg-1 = { ordinal = 1 }
      pg-2 = { ordinal = 2 }
      pg-3 = { ordinal = 3, witness = true }
      pg-4 = { ordinal = 4 }
    }
  }
  override_data {
    target = data.aws_ami_ids.debian
    values = { ids = ["ami-0ffffffffffffffff"] }
  }
  assert {
    condition     = aws_instance.node["pg-1"].ami == "ami-0123456789abcdef0"
    error_message = "A newer image replaces a node."
  }
  assert {
    condition     = aws_instance.node["pg-4"].ami == "ami-0ffffffffffffffff"
    error_message = "A new node is not made from the newest image."
  }
  assert {
    condition     = aws_instance.node["pg-1"].associate_public_ip_address
    error_message = "Another connection replaces a node."
  }
  assert {
    condition     = aws_instance.node["pg-1"].key_name == "hathi-0a1b2c-pg"
    error_message = "Another key pair replaces a node."
  }
  assert {
    condition     = aws_instance.node["pg-1"].subnet_id == aws_subnet.public["eu-central-1a"].id
    error_message = "Another network replaces a node."
  }
  assert {
    condition     = !strcontains(aws_instance.node["pg-1"].user_data, "another key")
    error_message = "Other user data stop or replace a node."
  }
  assert {
    condition     = aws_instance.node["pg-1"].root_block_device[0].kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/first"
    error_message = "Another key of KMS replaces a node."
  }
  assert {
    condition     = aws_ebs_volume.data["pg-1"].kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/first"
    error_message = "Another key of KMS replaces a data volume."
  }
  assert {
    condition     = aws_ebs_volume.data["pg-4"].kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/second" && aws_instance.node["pg-4"].root_block_device[0].kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/second"
    error_message = "A new volume is not encrypted with the new key."
  }
  assert {
    condition     = [for name in ["pg-1", "pg-2"] : aws_ebs_volume.data[name].availability_zone] == ["eu-central-1a", "eu-central-1b"]
    error_message = "Other zones move a data volume."
  }
  assert {
    condition     = aws_instance.node["pg-1"].root_block_device[0].tags["hathi:operation"] == "op-1"
    error_message = "root volume: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_vpc.cluster[0].cidr_block == "10.77.0.0/16"
    error_message = "Another range replaces the VPC."
  }
  assert {
    condition     = aws_ebs_volume.data["pg-1"].tags["hathi:operation"] == "op-1"
    error_message = "aws_ebs_volume.data: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_instance.node["pg-1"].tags["hathi:operation"] == "op-1"
    error_message = "aws_instance.node: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_vpc.cluster[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_vpc.cluster: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_internet_gateway.cluster[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_internet_gateway.cluster: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_subnet.public["eu-central-1a"].tags["hathi:operation"] == "op-1"
    error_message = "aws_subnet.public: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_route_table.public[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_route_table.public: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_security_group.cluster.tags["hathi:operation"] == "op-1"
    error_message = "aws_security_group.cluster: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.inside["etcd"].tags["hathi:operation"] == "op-1"
    error_message = "aws_vpc_security_group_ingress_rule.inside: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.postgres["198.51.100.0/24"].tags["hathi:operation"] == "op-1"
    error_message = "aws_vpc_security_group_ingress_rule.postgres: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.ssh["203.0.113.7/32"].tags["hathi:operation"] == "op-1"
    error_message = "aws_vpc_security_group_ingress_rule.ssh: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.all.tags["hathi:operation"] == "op-1"
    error_message = "aws_vpc_security_group_egress_rule.all: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_iam_role.node[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_iam_role.node: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_iam_instance_profile.node[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_iam_instance_profile.node: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_subnet.private["eu-central-1a"].tags["hathi:operation"] == "op-1"
    error_message = "aws_subnet.private: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_eip.nat[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_eip.nat: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_nat_gateway.cluster[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_nat_gateway.cluster: the tag of the operation that made it was changed."
  }
  assert {
    condition     = aws_route_table.private[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_route_table.private: the tag of the operation that made it was changed."
  }
}

run "operation_changed" {
  command = plan
  variables {
    operation_id = "op-2"
  }
  assert {
    condition     = aws_key_pair.cluster[0].tags["hathi:operation"] == "op-1"
    error_message = "aws_key_pair.cluster: the tag of the operation that made it was changed."
  }
}
