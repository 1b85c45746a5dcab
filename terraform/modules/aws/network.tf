# The VPC: the default one of the account, a given one, or one of the cluster.

data "aws_vpcs" "given" {
  count = local.own_network ? 0 : 1

  filter {
    name   = var.network.mode == "default" ? "is-default" : "vpc-id"
    values = [var.network.mode == "default" ? "true" : var.network.vpc_id]
  }
}

data "aws_vpc" "given" {
  count = local.given_vpc_id == null ? 0 : 1
  id    = local.given_vpc_id
}

# The existing ones in that VPC; aws_security_group.cluster fails if one is missing.
data "aws_subnets" "given" {
  count = local.given_vpc_id == null ? 0 : 1

  filter {
    name   = "vpc-id"
    values = [local.given_vpc_id]
  }
  filter {
    name   = var.network.mode == "default" ? "default-for-az" : "subnet-id"
    values = var.network.mode == "default" ? ["true"] : var.network.subnet_ids
  }
}

data "aws_subnet" "given" {
  for_each = toset(flatten(data.aws_subnets.given[*].ids))
  id       = each.value
}

data "aws_availability_zones" "available" {
  state = "available"

  # Local Zones and Wavelength Zones need an opt-in, and are not suitable for a quorum.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_ec2_instance_type_offerings" "zones" {
  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = [var.instance_type]
  }
}

resource "aws_vpc" "cluster" {
  count                = local.own_network ? 1 : 0
  cidr_block           = var.network.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(local.tags, { "Name" = local.name, "hathi:resource" = "vpc" })

  lifecycle {
    # Another range would replace the VPC and everything in it.
    ignore_changes = [cidr_block, tags["hathi:operation"]]
  }
}

resource "aws_internet_gateway" "cluster" {
  count  = local.own_network ? 1 : 0
  vpc_id = aws_vpc.cluster[0].id
  tags   = merge(local.tags, { "Name" = local.name, "hathi:resource" = "internet-gateway" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_subnet" "public" {
  for_each          = local.own_public_subnets
  vpc_id            = aws_vpc.cluster[0].id
  cidr_block        = each.value
  availability_zone = each.key
  tags              = merge(local.tags, { "Name" = "${local.name}-public-${each.key}", "hathi:resource" = "subnet/public/${each.key}" })

  lifecycle {
    # A cluster that got its CIDRs by another rule keeps them.
    ignore_changes = [cidr_block, tags["hathi:operation"]]
  }
}

resource "aws_subnet" "private" {
  for_each          = local.own_private_subnets
  vpc_id            = aws_vpc.cluster[0].id
  cidr_block        = each.value
  availability_zone = each.key
  tags              = merge(local.tags, { "Name" = "${local.name}-private-${each.key}", "hathi:resource" = "subnet/private/${each.key}" })

  lifecycle {
    # A cluster that got its CIDRs by another rule keeps them.
    ignore_changes = [cidr_block, tags["hathi:operation"]]
  }
}

resource "aws_route_table" "public" {
  count  = local.own_network ? 1 : 0
  vpc_id = aws_vpc.cluster[0].id
  tags   = merge(local.tags, { "Name" = "${local.name}-public", "hathi:resource" = "route-table/public" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_route" "internet" {
  count                  = local.own_network ? 1 : 0
  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.cluster[0].id
}

resource "aws_route_table_association" "public" {
  for_each       = aws_subnet.public
  subnet_id      = each.value.id
  route_table_id = aws_route_table.public[0].id
}

# One NAT gateway: only downloads of packages use it, so a failure of its zone loses no data. It stays in
# the zone of its creation.
resource "terraform_data" "nat_zone" {
  count = local.own_private ? 1 : 0
  input = try(local.chosen[0], null)

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_eip" "nat" {
  count  = local.own_private ? 1 : 0
  domain = "vpc"
  tags   = merge(local.tags, { "Name" = "${local.name}-nat", "hathi:resource" = "nat-address" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_nat_gateway" "cluster" {
  count         = local.own_private ? 1 : 0
  allocation_id = aws_eip.nat[0].id
  subnet_id     = try(aws_subnet.public[terraform_data.nat_zone[0].input].id, null)
  tags          = merge(local.tags, { "Name" = local.name, "hathi:resource" = "nat-gateway" })

  depends_on = [aws_route.internet]

  lifecycle {
    ignore_changes = [subnet_id, tags["hathi:operation"]]
  }
}

resource "aws_route_table" "private" {
  count  = local.own_private ? 1 : 0
  vpc_id = aws_vpc.cluster[0].id
  tags   = merge(local.tags, { "Name" = "${local.name}-private", "hathi:resource" = "route-table/private" })

  lifecycle {
    ignore_changes = [tags["hathi:operation"]]
  }
}

resource "aws_route" "nat" {
  count                  = local.own_private ? 1 : 0
  route_table_id         = aws_route_table.private[0].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.cluster[0].id
}

resource "aws_route_table_association" "private" {
  for_each       = aws_subnet.private
  subnet_id      = each.value.id
  route_table_id = aws_route_table.private[0].id
}
