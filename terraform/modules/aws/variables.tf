variable "cluster" {
  description = "Name of the cluster. Its nodes are <cluster>-<n>."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.cluster))
    error_message = "cluster must start with a small letter, end with a letter or digit, and have at most 40 small letters, digits and hyphens."
  }
}

variable "site" {
  description = "Id of the data directory that the cluster belongs to, 6 hexadecimal digits. Part of every name that is unique in an account."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{6}$", var.site))
    error_message = "site must be 6 lowercase hexadecimal digits."
  }
}

variable "operation_id" {
  description = "Id of the operation that creates the resources: the value of their tag hathi:operation. A resource keeps its first value; a change of this input alone changes no resource."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", var.operation_id))
    error_message = "operation_id must have 1 to 128 letters, digits, dots, underscores and hyphens."
  }
}

variable "nodes" {
  description = "Nodes by name (<cluster>-<n>). The ordinal is the number in the name. A witness runs only etcd, so it has no data volume. The zone applies to new nodes and never moves a node; default: by the ordinal."
  type = map(object({
    ordinal = number
    witness = optional(bool, false)
    zone    = optional(string)
  }))

  validation {
    condition     = length(var.nodes) >= 1 && length(var.nodes) <= 17
    error_message = "nodes must have 1 to 17 nodes."
  }

  validation {
    condition     = alltrue([for name, node in var.nodes : can(regex("^[a-z][a-z0-9-]*-${node.ordinal}$", name))])
    error_message = "A node's name must be <cluster>-<n>, n being its ordinal."
  }

  validation {
    condition     = alltrue([for node in values(var.nodes) : node.ordinal >= 1 && floor(node.ordinal) == node.ordinal])
    error_message = "An ordinal must be a whole number from 1 on."
  }

  validation {
    condition     = alltrue([for node in values(var.nodes) : node.zone == null ? true : can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}[a-h]$", node.zone))])
    error_message = "A node's zone must be a zone of a region, e.g. eu-central-1a."
  }
}

variable "instance_type" {
  description = "Type of the machines, e.g. t3.medium. Its architecture selects the image."
  type        = string
  default     = "t2.medium"

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", var.instance_type))
    error_message = "instance_type must be a type of EC2, e.g. t3.medium."
  }
}

variable "ami_id" {
  description = "Image of new machines. Default: the newest Debian 13 of Debian's account. A newer image replaces no existing node."
  type        = string
  default     = null

  validation {
    condition     = var.ami_id == null ? true : can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "ami_id must be of the form ami-0123456789abcdef0."
  }
}

variable "network" {
  description = "Network of the machines. mode default: the account's default VPC. mode existing: the VPC vpc_id, and in it subnet_ids. mode own: a VPC of the cluster's own with cidr, its machines in public subnets, or with private = true in private ones behind a NAT gateway."
  type = object({
    mode       = string
    vpc_id     = optional(string)
    subnet_ids = optional(list(string), [])
    cidr       = optional(string)
    private    = optional(bool, false)
  })
  default = { mode = "default" }

  validation {
    condition     = contains(["default", "existing", "own"], var.network.mode)
    error_message = "network.mode must be default, existing or own."
  }

  validation {
    condition     = (var.network.mode == "existing") == (var.network.vpc_id != null)
    error_message = "network.vpc_id is for mode existing, which needs it."
  }

  validation {
    condition     = (var.network.mode == "existing") == (length(var.network.subnet_ids) > 0)
    error_message = "network.subnet_ids is for mode existing, which needs at least one."
  }

  validation {
    condition     = (var.network.mode == "own") == (var.network.cidr != null)
    error_message = "network.cidr is for mode own, which needs it."
  }

  validation {
    condition     = var.network.cidr == null ? true : try(cidrsubnet(var.network.cidr, 0, 0) == var.network.cidr && tonumber(split("/", var.network.cidr)[1]) >= 16 && tonumber(split("/", var.network.cidr)[1]) <= 23, false)
    error_message = "network.cidr must be an IPv4 network of 16 to 23 bits without host bits, e.g. 10.77.0.0/16."
  }

  validation {
    condition     = !var.network.private || var.network.mode == "own"
    error_message = "network.private is for mode own; given subnets are as they are."
  }
}

variable "availability_zones" {
  description = "Zones of new nodes, e.g. [\"eu-central-1a\", \"eu-central-1b\"]. Default: up to three zones of the region that offer the type. A node that exists stays in its zone. A zone that is not available gets no new node."
  type        = list(string)
  default     = []

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must not name a zone twice."
  }

  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}[a-h]$", zone))])
    error_message = "availability_zones must be zones of a region, e.g. eu-central-1a."
  }
}

variable "connection" {
  description = "How the machines are reached: public, private, bastion or ssm. It decides which address the output nodes gives, and whether a machine gets a public one."
  type        = string
  default     = "public"

  validation {
    condition     = contains(["public", "private", "bastion", "ssm"], var.connection)
    error_message = "connection must be public, private, bastion or ssm."
  }
}

variable "control_cidrs" {
  description = "Networks that may open SSH: the control plane's own address, or the bastion's. Not needed with connection ssm."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.control_cidrs : can(cidrnetmask(cidr)) || can(cidrhost(cidr, 0))])
    error_message = "control_cidrs must be networks in CIDR notation, e.g. 203.0.113.7/32."
  }
}

variable "allow_list" {
  description = "Networks of the clients of PostgreSQL, in addition to the nodes of the cluster. Only 0.0.0.0/0 opens it to all."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.allow_list : can(cidrhost(cidr, 0))])
    error_message = "allow_list must be networks in CIDR notation, e.g. 203.0.113.0/24."
  }
}

variable "key_name" {
  description = "An EC2 key pair of the region. Default: one is created from public_key."
  type        = string
  default     = null
}

variable "public_key" {
  description = "OpenSSH public key for a key pair of the cluster's own, on one line. Terraform never gets the private key."
  type        = string
  default     = null

  validation {
    condition     = var.public_key == null ? true : can(regex("^(ssh-ed25519|ssh-rsa) [A-Za-z0-9+/]+=*( [^\n\r]*)?$", trimspace(var.public_key)))
    error_message = "public_key must be one OpenSSH public key on one line."
  }
}

variable "host_keys_directory" {
  description = "Directory with <node>/ssh_host_ed25519_key and its .pub for every node. They are part of the user data of a new node, so they are also in the state."
  type        = string

  validation {
    condition     = length(var.host_keys_directory) > 0
    error_message = "host_keys_directory must be a path."
  }
}

variable "root_volume" {
  description = "Encrypted gp3 volume of the system."
  type = object({
    size_gib = optional(number, 12)
  })
  default = {}

  validation {
    condition     = var.root_volume.size_gib >= 8 && var.root_volume.size_gib <= 65536
    error_message = "root_volume.size_gib must be 8 to 65536."
  }
}

variable "data_volume" {
  description = "Encrypted gp3 volume of PostgreSQL's data, one for each node but a witness. It outlives its instance."
  type = object({
    size_gib         = optional(number, 20)
    iops             = optional(number, 3000)
    throughput_mib_s = optional(number, 125)
  })
  default = {}

  validation {
    condition     = var.data_volume.size_gib >= 1 && var.data_volume.size_gib <= 65536
    error_message = "data_volume.size_gib must be 1 to 65536."
  }

  validation {
    condition     = var.data_volume.iops >= 3000 && var.data_volume.iops <= 80000
    error_message = "data_volume.iops must be 3000 to 80000."
  }

  validation {
    condition     = var.data_volume.throughput_mib_s >= 125 && var.data_volume.throughput_mib_s <= 2000
    error_message = "data_volume.throughput_mib_s must be 125 to 2000."
  }
}

variable "kms_key_id" {
  description = "ARN of the key that encrypts new volumes. Default: the account's default key of EBS. A volume that exists keeps its key."
  type        = string
  default     = null
}

variable "termination_protection" {
  description = "Whether the API rejects the termination of a machine by other callers than this configuration."
  type        = bool
  default     = true
}

variable "session_manager" {
  description = "Whether AWS Systems Manager reaches the machines: they get an instance profile, and a new node installs the agent. connection ssm needs it."
  type        = bool
  default     = false
}

variable "ssm_agent_url" {
  description = "Address of the Debian package of the agent of AWS Systems Manager, which a new node installs if session_manager is set. Default: the bucket of AWS in the region."
  type        = string
  default     = null

  validation {
    condition     = var.ssm_agent_url == null ? true : can(regex("^https?://[A-Za-z0-9.:/_~%-]+$", var.ssm_agent_url))
    error_message = "ssm_agent_url must be an address that begins with https:// or http://."
  }
}

variable "ssm_agent_sha256" {
  description = "SHA-256 digest of that package. A node installs no other one. Default: not checked."
  type        = string
  default     = null

  validation {
    condition     = var.ssm_agent_sha256 == null ? true : can(regex("^[0-9a-f]{64}$", var.ssm_agent_sha256))
    error_message = "ssm_agent_sha256 must be 64 lowercase hexadecimal digits."
  }
}

variable "public_address" {
  description = "ephemeral: EC2 gives a node another public address whenever it starts. elastic: each node has an Elastic IP, which stays. For connection public."
  type        = string
  default     = "ephemeral"

  validation {
    condition     = contains(["ephemeral", "elastic"], var.public_address)
    error_message = "public_address must be ephemeral or elastic."
  }
}

variable "proxy" {
  description = "HTTP proxy through which a new node downloads packages, e.g. http://10.0.0.10:3128. Default: none."
  type        = string
  default     = null

  validation {
    condition     = var.proxy == null ? true : can(regex("^http://[A-Za-z0-9.-]+:[0-9]{1,5}/?$", var.proxy))
    error_message = "proxy must be of the form http://host:port."
  }
}

variable "apt_mirror" {
  description = "Mirror of Debian's packages for a new node, e.g. https://mirror.example.com/debian. Default: that of the image."
  type        = string
  default     = null

  validation {
    condition     = var.apt_mirror == null ? true : can(regex("^https?://[A-Za-z0-9.:/_~-]+$", var.apt_mirror))
    error_message = "apt_mirror must be an address that begins with https:// or http://."
  }
}

variable "apt_security_mirror" {
  description = "Mirror of Debian's security updates for a new node, e.g. https://mirror.example.com/debian-security. Default: that of the image."
  type        = string
  default     = null

  validation {
    condition     = var.apt_security_mirror == null ? true : can(regex("^https?://[A-Za-z0-9.:/_~-]+$", var.apt_security_mirror))
    error_message = "apt_security_mirror must be an address that begins with https:// or http://."
  }
}
