locals {
  network = "hathi-${var.site}-${var.cluster}"
}

resource "terraform_data" "network" {
  input = {
    name    = local.network
    subnet  = var.subnet
    site    = var.site
    cluster = var.cluster
  }
  triggers_replace = [local.network, var.subnet]

  provisioner "local-exec" {
    interpreter = ["sh"]
    command     = "${path.module}/scripts/create-network.sh"
    quiet       = true
    environment = {
      HATHI_SITE      = var.site
      HATHI_CLUSTER   = var.cluster
      HATHI_OPERATION = var.operation_id
      HATHI_NETWORK   = local.network
      HATHI_SUBNET    = var.subnet
    }
  }

  provisioner "local-exec" {
    when        = destroy
    interpreter = ["sh"]
    command     = "${path.module}/scripts/destroy-network.sh"
    quiet       = true
    environment = {
      HATHI_SITE    = self.input.site
      HATHI_CLUSTER = self.input.cluster
      HATHI_NETWORK = self.input.name
    }
  }
}

resource "terraform_data" "node" {
  for_each = var.nodes

  input = {
    name      = each.key
    container = "hathi-${var.site}-${each.key}"
  }

  # Members that Docker cannot change on an existing container. The image, the keys and the operation are
  # not listed: a node contains data, and a change of them does not justify replacing it.
  triggers_replace = {
    network       = terraform_data.network.id
    container     = "hathi-${var.site}-${each.key}"
    address       = each.value.address
    ssh_port      = each.value.ssh_port
    postgres_port = each.value.postgres_port
  }

  lifecycle {
    precondition {
      condition     = startswith(each.key, "${var.cluster}-") && !strcontains(trimprefix(each.key, "${var.cluster}-"), "-")
      error_message = "Node ${each.key} is not named <cluster>-<n> after the cluster ${var.cluster}."
    }
    precondition {
      condition = (
        cidrhost("${each.value.address}/24", 0) == cidrhost(var.subnet, 0) &&
        !contains([for n in [0, 1, 255] : cidrhost(var.subnet, n)], each.value.address)
      )
      error_message = "Node ${each.key}'s address ${each.value.address} is not a host's in ${var.subnet} (the first is the gateway's)."
    }
  }

  provisioner "local-exec" {
    interpreter = ["sh"]
    command     = "${path.module}/scripts/create-node.sh"
    quiet       = true
    environment = {
      HATHI_SITE                = var.site
      HATHI_CLUSTER             = var.cluster
      HATHI_OPERATION           = var.operation_id
      HATHI_NETWORK             = local.network
      HATHI_NODE                = each.key
      HATHI_CONTAINER           = "hathi-${var.site}-${each.key}"
      HATHI_IMAGE               = var.image
      HATHI_ADDRESS             = each.value.address
      HATHI_SSH_PORT            = each.value.ssh_port
      HATHI_POSTGRES_PORT       = each.value.postgres_port == null ? "" : each.value.postgres_port
      HATHI_AUTHORIZED_KEY      = trimspace(var.authorized_key)
      HATHI_HOST_KEYS_DIRECTORY = var.host_keys_directory
      HATHI_RECIPE              = sha256(jsonencode([local.network, var.subnet, each.key, each.value, var.image]))
    }
  }

  provisioner "local-exec" {
    when        = destroy
    interpreter = ["sh"]
    command     = "${path.module}/scripts/destroy-node.sh"
    quiet       = true
    environment = {
      HATHI_NODE      = self.input.name
      HATHI_CONTAINER = self.input.container
    }
  }
}
