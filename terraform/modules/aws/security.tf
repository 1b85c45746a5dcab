# Inbound rules: PostgreSQL from the allow-list and the nodes, SSH from the control plane, etcd and
# Patroni only from the nodes.

resource "aws_security_group" "cluster" {
  name        = local.name
  description = "PostgreSQL cluster ${var.cluster}"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { "Name" = local.name, "hathi:resource" = "security-group" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]

    precondition {
      condition     = local.own_network || local.given_vpc_id != null
      error_message = var.network.mode == "default" ? "The region has no default VPC. Create one, or set another network." : "The VPC network.vpc_id does not exist in this region."
    }
    precondition {
      condition     = length(setsubtract(var.network.subnet_ids, flatten(data.aws_subnets.given[*].ids))) == 0
      error_message = "Not in the VPC network.vpc_id: ${join(", ", setsubtract(var.network.subnet_ids, flatten(data.aws_subnets.given[*].ids)))}. Remove them from network.subnet_ids."
    }
  }
}

locals {
  inside = {
    postgres = { port = 5432, to = 5432, what = "PostgreSQL between the nodes" }
    patroni  = { port = 8008, to = 8008, what = "Patroni REST API between the nodes" }
    etcd     = { port = 2379, to = 2380, what = "etcd between the nodes" }
  }
}

resource "aws_vpc_security_group_ingress_rule" "inside" {
  for_each                     = local.inside
  security_group_id            = aws_security_group.cluster.id
  referenced_security_group_id = aws_security_group.cluster.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.to
  description                  = each.value.what
  tags                         = merge(local.tags, { "Name" = "${local.name}-${each.key}", "hathi:resource" = "security-group-rule/${each.key}" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_vpc_security_group_ingress_rule" "postgres" {
  for_each          = local.allow_list
  security_group_id = aws_security_group.cluster.id
  cidr_ipv4         = strcontains(each.value, ":") ? null : each.value
  cidr_ipv6         = strcontains(each.value, ":") ? each.value : null
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
  description       = "PostgreSQL, from the allow-list"
  tags              = merge(local.tags, { "Name" = "${local.name}-clients", "hathi:resource" = "security-group-rule/postgres/${each.value}" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  for_each          = var.connection == "ssm" ? toset([]) : local.control_cidrs
  security_group_id = aws_security_group.cluster.id
  cidr_ipv4         = strcontains(each.value, ":") ? null : each.value
  cidr_ipv6         = strcontains(each.value, ":") ? each.value : null
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  description       = "SSH, from the control plane"
  tags              = merge(local.tags, { "Name" = "${local.name}-ssh", "hathi:resource" = "security-group-rule/ssh/${each.value}" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.cluster.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  description       = "Packages, time and the other nodes"
  tags              = merge(local.tags, { "Name" = "${local.name}-out", "hathi:resource" = "security-group-rule/out" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_iam_role" "node" {
  count = var.session_manager ? 1 : 0
  name  = local.name
  path  = "/hathi/"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
    }]
  })
  tags = merge(local.tags, { "Name" = local.name, "hathi:resource" = "role" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  count      = var.session_manager ? 1 : 0
  role       = aws_iam_role.node[0].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "node" {
  count = var.session_manager ? 1 : 0
  name  = local.name
  path  = "/hathi/"
  role  = aws_iam_role.node[0].name
  tags  = merge(local.tags, { "Name" = local.name, "hathi:resource" = "instance-profile" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}
