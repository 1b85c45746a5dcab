data "aws_partition" "current" {}

# A type that is no longer offered must not fail a plan of nodes that exist, nor a destroy. For the same
# reason, images and VPCs are read by data sources that can return none.
data "aws_ec2_instance_type" "node" {
  count         = length(local.offered) > 0 ? 1 : 0
  instance_type = var.instance_type
}

# Debian's own account, which publishes in the partition aws. @see https://wiki.debian.org/Cloud/AmazonEC2Image
data "aws_ami_ids" "debian" {
  count  = var.ami_id == null && data.aws_partition.current.partition == "aws" ? 1 : 0
  owners = ["136693071363"]

  filter {
    name   = "name"
    values = ["debian-13-${local.architecture}-*"]
  }
  filter {
    name   = "state"
    values = ["available"]
  }
  filter {
    name   = "virtualization-type"
    values = ["hvm"]
  }
}

# Facts of the creation of a node. The state keeps them, so that a node never moves because a list of zones has
# changed, and exists without its image.
resource "terraform_data" "node" {
  for_each = var.nodes
  input = {
    zone  = local.new_zone_of[each.key]
    image = local.image
  }

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_key_pair" "cluster" {
  count      = var.key_name == null ? 1 : 0
  key_name   = local.name
  public_key = trimspace(var.public_key)
  tags       = merge(local.tags, { "Name" = local.name, "hathi:resource" = "key-pair" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]

    precondition {
      condition     = var.public_key != null
      error_message = "One of key_name and public_key is needed."
    }
  }
}

# Separate from its instance, so that a machine can be replaced and its data is kept.
resource "aws_ebs_volume" "data" {
  for_each          = local.postgres_nodes
  availability_zone = local.zone_of[each.key]
  type              = "gp3"
  size              = var.data_volume.size_gib
  iops              = var.data_volume.iops
  throughput        = var.data_volume.throughput_mib_s
  encrypted         = true
  kms_key_id        = var.kms_key_id
  tags              = merge(local.tags, { "Name" = "${each.key}-data", "hathi:node" = each.key, "hathi:resource" = "data-volume" })

  lifecycle {
    # Each of these would replace the volume, and lose its data. A new key is for new volumes.
    ignore_changes = [
      availability_zone,
      encrypted,
      kms_key_id,
      tags["hathi:operation"],
    ]

    precondition {
      condition     = local.zone_of[each.key] != null
      error_message = "No zone for ${each.key}: no subnet is in an available zone that offers ${var.instance_type}."
    }
  }
}

# A witness that becomes a full node is created again: only a first boot finds its data volume.
resource "terraform_data" "first_boot" {
  for_each = var.nodes
  input    = each.value.witness
}

resource "aws_instance" "node" {
  for_each               = var.nodes
  ami                    = coalesce(local.image, terraform_data.node[each.key].input.image, "ami-00000000000000000")
  instance_type          = var.instance_type
  subnet_id              = try(local.subnets[each.value.witness ? local.zone_of[each.key] : aws_ebs_volume.data[each.key].availability_zone].id, null)
  vpc_security_group_ids = [aws_security_group.cluster.id]
  key_name               = var.key_name == null ? aws_key_pair.cluster[0].key_name : var.key_name
  iam_instance_profile   = var.session_manager ? aws_iam_instance_profile.node[0].name : null

  associate_public_ip_address = var.connection == "public"
  disable_api_termination     = var.termination_protection
  # The protection is against other callers: removals by this configuration were approved.
  force_destroy = true

  user_data = templatefile("${path.module}/templates/user-data.yaml.tftpl", {
    node    = each.key
    private = sensitive(file("${var.host_keys_directory}/${each.key}/ssh_host_ed25519_key"))
    public  = trimspace(file("${var.host_keys_directory}/${each.key}/ssh_host_ed25519_key.pub"))
    witness = each.value.witness
    volume  = each.value.witness ? "" : aws_ebs_volume.data[each.key].id
    device  = local.data_device
    program = file("${path.module}/files/hathi-data-volume")
    service = file("${path.module}/files/hathi-data-volume.service")
    agent   = var.session_manager ? file("${path.module}/files/hathi-ssm-agent") : ""
    install = compact([coalesce(var.ssm_agent_url, local.ssm_agent_url), var.ssm_agent_sha256])
    proxy   = var.proxy == null ? "" : var.proxy
    apt     = local.apt
  })

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = var.root_volume.size_gib
    encrypted   = true
    kms_key_id  = var.kms_key_id
    tags        = merge(local.tags, { "Name" = "${each.key}-root", "hathi:node" = each.key, "hathi:resource" = "root-volume" })
  }

  tags = merge(local.tags, { "Name" = each.key, "hathi:node" = each.key, "hathi:resource" = "instance" })

  lifecycle {
    replace_triggered_by = [terraform_data.first_boot[each.key]]
    # A node contains data: a change that matters only at the first boot does not justify replacing it.
    ignore_changes = [
      ami,
      associate_public_ip_address,
      key_name,
      subnet_id,
      user_data,
      root_block_device[0].encrypted,
      root_block_device[0].kms_key_id,
      root_block_device[0].tags["hathi:operation"],
      tags["hathi:operation"],
    ]

    precondition {
      condition     = local.image != null || terraform_data.node[each.key].input.image != null
      error_message = "No image of Debian 13 for ${local.architecture} was found in the partition ${data.aws_partition.current.partition}. Set ami_id."
    }
    precondition {
      condition     = local.zone_of[each.key] != null
      error_message = "No zone for ${each.key}: no subnet is in an available zone that offers ${var.instance_type}."
    }
    precondition {
      condition     = startswith(each.key, "${var.cluster}-") && !strcontains(trimprefix(each.key, "${var.cluster}-"), "-")
      error_message = "Node ${each.key} is not named <cluster>-<n> after the cluster ${var.cluster}."
    }
    precondition {
      condition     = var.connection != "ssm" || var.session_manager
      error_message = "connection ssm needs session_manager."
    }
    precondition {
      condition     = var.connection == "ssm" || length(var.control_cidrs) > 0
      error_message = "control_cidrs must name the networks that SSH comes from, e.g. [\"203.0.113.7/32\"]."
    }
  }
}

resource "aws_volume_attachment" "data" {
  for_each    = local.postgres_nodes
  device_name = local.data_device
  volume_id   = aws_ebs_volume.data[each.key].id
  instance_id = aws_instance.node[each.key].id

  # PostgreSQL is shut down before its disk is detached.
  stop_instance_before_detaching = true
}

# Keeps the address of a node across a stop and a start.
resource "aws_eip" "node" {
  for_each = var.connection == "public" && var.public_address == "elastic" ? var.nodes : {}
  domain   = "vpc"
  instance = aws_instance.node[each.key].id
  tags     = merge(local.tags, { "Name" = each.key, "hathi:node" = each.key, "hathi:resource" = "public-address" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}
