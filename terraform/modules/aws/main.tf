data "aws_ec2_instance_type" "node" {
  instance_type = var.instance_type
}

# Debian's own account. @see https://wiki.debian.org/Cloud/AmazonEC2Image
data "aws_ami" "debian" {
  count       = var.ami_id == null ? 1 : 0
  owners      = ["136693071363"]
  most_recent = true

  filter {
    name   = "name"
    values = [contains(data.aws_ec2_instance_type.node.supported_architectures, "arm64") ? "debian-13-arm64-*" : "debian-13-amd64-*"]
  }
  filter {
    name   = "virtualization-type"
    values = ["hvm"]
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

# Apart from its instance, so that a machine can be replaced and its data stay.
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
    # A zone that the region gains or loses later moves no data.
    ignore_changes = [availability_zone, tags["hathi:operation"]]

    precondition {
      condition     = local.zone_of[each.key] != null
      error_message = "No subnet stands in a zone that offers ${var.instance_type}."
    }
  }
}

# A witness that becomes a full node boots anew: only a first boot finds its data volume.
resource "terraform_data" "first_boot" {
  for_each = var.nodes
  input    = each.value.witness
}

resource "aws_instance" "node" {
  for_each               = var.nodes
  ami                    = var.ami_id == null ? data.aws_ami.debian[0].id : var.ami_id
  instance_type          = var.instance_type
  subnet_id              = local.subnets[each.value.witness ? local.zone_of[each.key] : aws_ebs_volume.data[each.key].availability_zone].id
  vpc_security_group_ids = [aws_security_group.cluster.id]
  key_name               = var.key_name == null ? aws_key_pair.cluster[0].key_name : var.key_name
  iam_instance_profile   = var.session_manager ? aws_iam_instance_profile.node[0].name : null

  associate_public_ip_address = var.connection == "public"
  disable_api_termination     = var.termination_protection
  # The protection is against everybody else: what this configuration removes was approved.
  force_destroy = true

  user_data = templatefile("${path.module}/templates/user-data.yaml.tftpl", {
    node     = each.key
    private  = sensitive(file("${var.host_keys_directory}/${each.key}/ssh_host_ed25519_key"))
    public   = trimspace(file("${var.host_keys_directory}/${each.key}/ssh_host_ed25519_key.pub"))
    witness  = each.value.witness
    volume   = each.value.witness ? "" : aws_ebs_volume.data[each.key].id
    device   = local.data_device
    programs = file("${path.module}/files/hathi-data-volume")
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
    # A node holds data: what counts at its first boot alone is not worth replacing it.
    ignore_changes = [
      ami,
      associate_public_ip_address,
      key_name,
      subnet_id,
      user_data,
      root_block_device[0].tags["hathi:operation"],
      tags["hathi:operation"],
    ]

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
      error_message = "control_cidrs must say from where SSH comes, e.g. [\"203.0.113.7/32\"]."
    }
  }
}

resource "aws_volume_attachment" "data" {
  for_each    = local.postgres_nodes
  device_name = local.data_device
  volume_id   = aws_ebs_volume.data[each.key].id
  instance_id = aws_instance.node[each.key].id

  # PostgreSQL is shut down before its disk is taken away.
  stop_instance_before_detaching = true
}
