locals {
  name = "hathi-${var.site}-${var.cluster}"

  tags = {
    "hathi:operation" = var.operation_id
  }

  own_network = var.network.mode == "own"
  own_private = local.own_network && var.network.private

  # Zones of an own VPC: those that were asked for, else up to three, since etcd has three members.
  offered = toset(data.aws_ec2_instance_type_offerings.zones.locations)
  usable  = [for zone in sort(data.aws_availability_zones.available.names) : zone if contains(local.offered, zone)]
  zones = length(var.availability_zones) > 0 ? var.availability_zones : (
    slice(local.usable, 0, min(3, length(local.usable)))
  )

  # Sixteen equal parts of the VPC: public subnets from the front, private ones from the middle on.
  own_public_subnets  = local.own_network ? { for index, zone in local.zones : zone => cidrsubnet(var.network.cidr, 4, index) } : {}
  own_private_subnets = local.own_private ? { for index, zone in local.zones : zone => cidrsubnet(var.network.cidr, 4, 8 + index) } : {}

  own_subnets = local.own_private ? aws_subnet.private : aws_subnet.public
  # Of two given subnets in one zone the first by its id is used, at every run the same.
  given_subnets = {
    for zone, ids in { for id, subnet in data.aws_subnet.given : subnet.availability_zone => id... } :
    zone => data.aws_subnet.given[sort(ids)[0]]
    if(length(var.availability_zones) == 0 || contains(var.availability_zones, zone)) && contains(local.offered, zone)
  }
  subnets = local.own_network ? {
    for zone, subnet in local.own_subnets : zone => { id = subnet.id, cidr_block = subnet.cidr_block }
    } : {
    for zone, subnet in local.given_subnets : zone => { id = subnet.id, cidr_block = subnet.cidr_block }
  }
  subnet_zones = sort(keys(local.subnets))

  vpc_id = local.own_network ? aws_vpc.cluster[0].id : data.aws_vpc.given[0].id

  # By the number in its name, so that no other node moves when one comes or goes.
  zone_of = {
    for name, node in var.nodes : name =>
    length(local.subnet_zones) == 0 ? null : local.subnet_zones[(node.ordinal - 1) % length(local.subnet_zones)]
  }

  postgres_nodes = { for name, node in var.nodes : name => node if !node.witness }

  data_device = "/dev/sdf"
}
