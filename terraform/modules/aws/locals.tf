locals {
  name = "hathi-${var.site}-${var.cluster}"

  tags = {
    "hathi:operation" = var.operation_id
  }

  own_network = var.network.mode == "own"
  own_private = local.own_network && var.network.private

  # Zones for new nodes: the requested ones, otherwise up to three, since etcd has three members.
  # A requested zone that the account no longer has gets no node, and no plan fails because of it.
  offered   = toset(data.aws_ec2_instance_type_offerings.zones.locations)
  usable    = [for zone in sort(data.aws_availability_zones.available.names) : zone if contains(local.offered, zone)]
  requested = [for zone in var.availability_zones : zone if contains(local.usable, zone)]
  chosen    = length(var.availability_zones) > 0 ? local.requested : slice(local.usable, 0, min(3, length(local.usable)))
  # In a given network, all zones that it has a subnet in.
  with_subnet = [for zone in keys(local.given_subnets) : zone if contains(local.usable, zone) && (length(var.availability_zones) == 0 || contains(var.availability_zones, zone))]
  placeable   = sort(local.own_network ? local.chosen : local.with_subnet)

  # By the number in its name, so that adding or removing a node moves no other one.
  new_zone_of = {
    for name, node in var.nodes : name => node.zone != null ? node.zone : (
      length(local.placeable) == 0 ? null : local.placeable[(node.ordinal - 1) % length(local.placeable)]
    )
  }
  zone_of = { for name, node in var.nodes : name => terraform_data.node[name].input.zone }

  # The network of a zone stays while a node or the NAT gateway is in it.
  nat_zones = local.own_private ? terraform_data.nat_zone[*].input : []
  own_zones = toset([for zone in concat(local.chosen, values(local.zone_of), local.nat_zones) : zone if zone != null])

  # Sixteen equal parts of the VPC, by the letter of the zone, so that no subnet moves when the list of
  # zones changes: public subnets from the front, private ones from the middle on.
  parts               = { for part, letter in ["a", "b", "c", "d", "e", "f", "g", "h"] : letter => part }
  part_of             = { for zone in local.own_zones : zone => local.parts[substr(zone, -1, 1)] }
  own_public_subnets  = local.own_network ? { for zone, part in local.part_of : zone => cidrsubnet(local.vpc_cidr, 4, part) } : {}
  own_private_subnets = local.own_private ? { for zone, part in local.part_of : zone => cidrsubnet(local.vpc_cidr, 4, 8 + part) } : {}

  own_subnets = local.own_private ? aws_subnet.private : aws_subnet.public
  # Of two given subnets in one zone, always the first by its id.
  given_subnets = {
    for zone, ids in { for id, subnet in data.aws_subnet.given : subnet.availability_zone => id... } :
    zone => data.aws_subnet.given[sort(ids)[0]]
  }
  subnets = local.own_network ? {
    for zone, subnet in local.own_subnets : zone => { id = subnet.id, cidr_block = subnet.cidr_block }
    } : {
    for zone, subnet in local.given_subnets : zone => { id = subnet.id, cidr_block = subnet.cidr_block }
  }

  # null if the VPC no longer exists; a destroy also works then.
  given_vpc_id = local.own_network ? null : one(data.aws_vpcs.given[0].ids)
  vpc_id       = local.own_network ? aws_vpc.cluster[0].id : local.given_vpc_id

  vpc_cidr = local.own_network ? aws_vpc.cluster[0].cidr_block : try(data.aws_vpc.given[0].cidr_block, null)

  architecture = contains(flatten(data.aws_ec2_instance_type.node[*].supported_architectures), "arm64") ? "arm64" : "amd64"
  # null if no image is found: that prevents only new nodes.
  image = var.ami_id != null ? var.ami_id : try(data.aws_ami_ids.debian[0].ids[0], null)

  postgres_nodes = { for name, node in var.nodes : name => node if !node.witness }

  data_device = "/dev/sdf"

  # @see "Manually installing SSM Agent on Debian Server instances" in the user guide of Systems Manager
  region        = data.aws_availability_zones.available.id
  ssm_agent_url = "https://amazon-ssm-${local.region}.s3.${local.region}.${data.aws_partition.current.dns_suffix}/latest/debian_${local.architecture}/amazon-ssm-agent.deb"

  # For cloud-init, which writes the configuration of apt.
  apt = merge(
    var.proxy == null ? {} : { http_proxy = var.proxy, https_proxy = var.proxy },
    var.apt_mirror == null ? {} : { primary = [{ arches = ["default"], uri = var.apt_mirror }] },
    var.apt_security_mirror == null ? {} : { security = [{ arches = ["default"], uri = var.apt_security_mirror }] },
    var.apt_mirror == null && var.apt_security_mirror == null ? {} : { preserve_sources_list = false },
  )

  # Each network once, however it is written.
  control_cidrs = toset([for cidr in var.control_cidrs : cidrsubnet(cidr, 0, 0)])
  allow_list    = toset([for cidr in var.allow_list : cidrsubnet(cidr, 0, 0)])
}
