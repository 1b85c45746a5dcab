locals {
  # Grouped, since mocked subnets may all have one id.
  cidr_of_subnet = { for subnet in values(local.subnets) : subnet.id => subnet.cidr_block... }

  public_ip_of = {
    for name, instance in aws_instance.node : name => (
      contains(keys(aws_eip.node), name) ? aws_eip.node[name].public_ip : instance.public_ip
    )
  }
  host_of = {
    for name, instance in aws_instance.node : name => (
      var.connection == "public" ? local.public_ip_of[name] :
      var.connection == "ssm" ? instance.id : instance.private_ip
    )
  }
  client_host_of = {
    for name, instance in aws_instance.node : name =>
    var.connection == "public" ? local.public_ip_of[name] : instance.private_ip
  }
}

output "nodes" {
  description = "Nodes by name: the address inside the VPC and its subnet, and the host and port of SSH and of PostgreSQL. With connection ssm the SSH host is the instance's id. A witness's postgres_host and postgres_port are null."
  value = {
    for name, node in var.nodes : name => {
      name          = name
      address       = aws_instance.node[name].private_ip
      subnet        = lookup(local.cidr_of_subnet, aws_instance.node[name].subnet_id, [local.vpc_cidr])[0] # the VPC, for a node in a subnet that is no longer one of them
      ssh_host      = local.host_of[name]
      ssh_port      = 22
      postgres_host = node.witness ? null : local.client_host_of[name]
      postgres_port = node.witness ? null : 5432
      zone          = aws_instance.node[name].availability_zone
      instance_id   = aws_instance.node[name].id
    }
  }
  depends_on = [aws_volume_attachment.data]
}

output "network" {
  description = "Id of the VPC."
  value       = local.vpc_id
}

output "security_group_id" {
  description = "Id of the cluster's security group; a rule can refer to it to admit clients in the VPC."
  value       = aws_security_group.cluster.id
}
