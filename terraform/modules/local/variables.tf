variable "site" {
  description = "Id of the data directory that the cluster belongs to, 6 hexadecimal digits. Part of every name, so that two data directories on one Docker never collide."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{6}$", var.site))
    error_message = "site must be 6 lowercase hexadecimal digits."
  }
}

variable "cluster" {
  description = "Name of the cluster. Its network is hathi-<site>-<cluster>."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.cluster))
    error_message = "cluster must start with a small letter, end with a letter or digit, and have at most 40 small letters, digits and hyphens."
  }
}

variable "operation_id" {
  description = "Id of the operation that creates the nodes: the value of their label hathi.operation. A node keeps its first value; a change of this input alone changes no resource."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", var.operation_id))
    error_message = "operation_id must have 1 to 128 letters, digits, dots, underscores and hyphens."
  }
}

variable "image" {
  description = "Image of new nodes, as images/node/build.sh prints it. A new image replaces no existing node."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-zA-Z0-9._/:@-]{0,254}$", var.image))
    error_message = "image must be a Docker image reference, e.g. hathi-node:0123456789ab."
  }
}

variable "subnet" {
  description = "IPv4 network of the cluster, a /24 in CIDR notation, e.g. 10.77.3.0/24. Its first address is the gateway."
  type        = string

  validation {
    condition     = can(regex("^[0-9.]+/24$", var.subnet)) && try(cidrsubnet(var.subnet, 0, 0) == var.subnet, false)
    error_message = "subnet must be an IPv4 network of 24 bits in CIDR notation, e.g. 10.77.3.0/24."
  }
}

variable "nodes" {
  description = "Nodes by name (<cluster>-<n>): the static address in the subnet, the port of 127.0.0.1 that SSH is published on, and the one of PostgreSQL. A witness has no postgres_port."
  type = map(object({
    address       = string
    ssh_port      = number
    postgres_port = optional(number)
  }))

  validation {
    condition     = length(var.nodes) >= 1 && length(var.nodes) <= 17
    error_message = "nodes must have 1 to 17 nodes."
  }

  validation {
    condition     = alltrue([for name in keys(var.nodes) : can(regex("^[a-z][a-z0-9-]*-[1-9][0-9]{0,4}$", name))])
    error_message = "A node's name must be <cluster>-<n>, n counting from 1."
  }

  validation {
    condition = alltrue([
      for node in values(var.nodes) :
      can(regex("^[0-9.]+$", node.address)) && can(cidrhost("${node.address}/24", 0))
    ])
    error_message = "A node's address must be an IPv4 address, e.g. 10.77.3.11."
  }

  validation {
    condition     = length(distinct(values(var.nodes)[*].address)) == length(var.nodes)
    error_message = "Two nodes have one address."
  }

  validation {
    condition = alltrue([
      for port in flatten([for node in values(var.nodes) : [node.ssh_port, node.postgres_port]]) :
      port == null ? true : port >= 1024 && port <= 65535 && floor(port) == port
    ])
    error_message = "A port must be a whole number from 1024 to 65535."
  }

  validation {
    condition = length(distinct(flatten([
      for node in values(var.nodes) : [for port in [node.ssh_port, node.postgres_port] : port if port != null]
      ]))) == length(flatten([
      for node in values(var.nodes) : [for port in [node.ssh_port, node.postgres_port] : port if port != null]
    ]))
    error_message = "One port is used twice."
  }
}

variable "authorized_key" {
  description = "OpenSSH public key with access as root, for new nodes."
  type        = string

  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( [^\n\r]*)?$", trimspace(var.authorized_key)))
    error_message = "authorized_key must be one OpenSSH public key on one line."
  }
}

variable "host_keys_directory" {
  description = "Directory with <node>/ssh_host_ed25519_key and its .pub for every node. The keys are read when a node is created, and are not in the state."
  type        = string

  validation {
    condition     = length(var.host_keys_directory) > 0
    error_message = "host_keys_directory must be a path."
  }
}
