# The module's own conditions and what it makes of them, without an account: the provider is mocked,
# so that only its schema is real.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { id = "eu-central-1", names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_ec2_instance_type_offerings" {
    defaults = { locations = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_ec2_instance_type" {
    defaults = { supported_architectures = ["x86_64"] }
  }
  mock_data "aws_ami_ids" {
    defaults = { ids = ["ami-0123456789abcdef0", "ami-0fedcba9876543210"] }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_vpcs" {
    defaults = { ids = ["vpc-0123456789abcdef0"] }
  }
  mock_data "aws_vpc" {
    defaults = { id = "vpc-0123456789abcdef0" }
  }
  mock_data "aws_subnets" {
    defaults = { ids = ["subnet-0123456789abcdef0"] }
  }
  mock_data "aws_subnet" {
    defaults = {
      vpc_id            = "vpc-0123456789abcdef0"
      availability_zone = "eu-central-1a"
      cidr_block        = "172.31.0.0/20"
    }
  }
}

variables {
  site                = "0a1b2c"
  cluster             = "pg"
  operation_id        = "op-1"
  instance_type       = "t3.medium"
  public_key          = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
  control_cidrs       = ["203.0.113.7/32"]
  allow_list          = ["198.51.100.0/24"]
  host_keys_directory = "./tests/host_keys"
  network             = { mode = "own", cidr = "10.77.0.0/16" }
  nodes = {
    pg-1 = { ordinal = 1 }
    pg-2 = { ordinal = 2 }
    pg-3 = { ordinal = 3, witness = true }
  }
}

run "spreads_the_nodes_over_zones" {
  command = plan

  assert {
    condition     = [for name in ["pg-1", "pg-2"] : aws_ebs_volume.data[name].availability_zone] == ["eu-central-1a", "eu-central-1b"]
    error_message = "Nodes do not stand in zones of their own."
  }
  assert {
    condition     = !contains(keys(aws_ebs_volume.data), "pg-3")
    error_message = "The witness holds no data."
  }
  assert {
    condition     = alltrue([for volume in aws_ebs_volume.data : volume.encrypted && volume.type == "gp3"])
    error_message = "A data volume is not an encrypted gp3 one."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : node.root_block_device[0].encrypted && node.metadata_options[0].http_tokens == "required" && node.disable_api_termination])
    error_message = "A node lacks encryption, IMDSv2 or termination protection."
  }
  assert {
    condition     = length(aws_iam_role.node) == 0 && length(aws_iam_instance_profile.node) == 0
    error_message = "Nobody asked for an instance profile."
  }
}

run "opens_nothing_to_everybody" {
  command = plan

  assert {
    condition = alltrue([
      for rule in concat(values(aws_vpc_security_group_ingress_rule.postgres), values(aws_vpc_security_group_ingress_rule.ssh), values(aws_vpc_security_group_ingress_rule.inside)) :
      rule.cidr_ipv4 != "0.0.0.0/0" && rule.cidr_ipv6 != "::/0"
    ])
    error_message = "Something is open to the world."
  }
  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.ssh : "${rule.cidr_ipv4}:${rule.from_port}"] == ["203.0.113.7/32:22"]
    error_message = "SSH is not open for the control address alone."
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.inside : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null])
    error_message = "etcd, Patroni and replication are for the nodes alone."
  }
}

run "opens_to_everybody_what_the_user_wrote_so" {
  command = plan
  variables {
    allow_list = ["0.0.0.0/0", "::/0"]
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.postgres["0.0.0.0/0"].cidr_ipv4 == "0.0.0.0/0" && aws_vpc_security_group_ingress_rule.postgres["::/0"].cidr_ipv6 == "::/0"
    error_message = "The allow-list was not followed."
  }
  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.ssh : rule.cidr_ipv4] == ["203.0.113.7/32"]
    error_message = "The allow-list opened SSH."
  }
}

run "keeps_every_node_where_it_is_when_one_comes" {
  command = plan
  variables {
    nodes = {
      pg-1 = { ordinal = 1 }
      pg-2 = { ordinal = 2 }
      pg-3 = { ordinal = 3 }
      pg-4 = { ordinal = 4 }
    }
  }
  assert {
    condition     = [for name in ["pg-1", "pg-2", "pg-3", "pg-4"] : aws_ebs_volume.data[name].availability_zone] == ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1a"]
    error_message = "A node's zone follows from more than its own number."
  }
}

run "puts_private_nodes_behind_a_nat_gateway" {
  command = plan
  variables {
    network    = { mode = "own", cidr = "10.77.0.0/16", private = true }
    connection = "private"
  }
  assert {
    condition     = length(aws_nat_gateway.cluster) == 1 && length(aws_subnet.private) == 3 && aws_subnet.private["eu-central-1a"].cidr_block == "10.77.128.0/20"
    error_message = "No way out of private subnets."
  }
  assert {
    condition     = alltrue([for node in aws_instance.node : !node.associate_public_ip_address])
    error_message = "A private node gets a public address."
  }
}

run "uses_the_default_vpc" {
  command = plan
  variables {
    network = { mode = "default" }
  }
  assert {
    condition     = length(aws_vpc.cluster) == 0 && alltrue([for node in aws_instance.node : node.subnet_id == "subnet-0123456789abcdef0"])
    error_message = "The default VPC was not used."
  }
}

run "refuses_subnets_of_another_vpc" {
  command = plan
  variables {
    network = { mode = "existing", vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"] }
  }
  expect_failures = [aws_security_group.cluster]
}

run "refuses_a_vpc_that_does_not_exist" {
  command = plan
  variables {
    network = { mode = "default" }
  }
  override_data {
    target = data.aws_vpcs.given
    values = { ids = [] }
  }
  expect_failures = [aws_security_group.cluster, aws_ebs_volume.data]
}

run "refuses_a_node_without_an_image" {
  command = plan
  override_data {
    target = data.aws_ami_ids.debian
    values = { ids = [] }
  }
  expect_failures = [aws_instance.node]
}

run "refuses_debian_of_another_partition" {
  command = plan
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn", dns_suffix = "amazonaws.com.cn" }
  }
  expect_failures = [aws_instance.node]
}

run "names_the_partition_of_the_account" {
  command = plan
  variables {
    ami_id          = "ami-0123456789abcdef0"
    session_manager = true
  }
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn", dns_suffix = "amazonaws.com.cn" }
  }
  assert {
    condition     = aws_iam_role_policy_attachment.session_manager[0].policy_arn == "arn:aws-cn:iam::aws:policy/AmazonSSMManagedInstanceCore" && strcontains(aws_iam_role.node[0].assume_role_policy, "ec2.amazonaws.com.cn")
    error_message = "The names of IAM are not those of the partition."
  }
}

run "installs_the_agent_of_systems_manager" {
  command = plan
  variables {
    session_manager = true
    connection      = "ssm"
    control_cidrs   = []
  }
  assert {
    condition     = (strcontains(aws_instance.node["pg-3"].user_data, "[\"/usr/local/sbin/hathi-ssm-agent\",\"https://amazon-ssm-eu-central-1.s3.eu-central-1.amazonaws.com/latest/debian_amd64/amazon-ssm-agent.deb\"]"))
    error_message = "A node does not install the agent from the bucket of its region."
  }
}

run "installs_the_agent_in_china_on_arm64" {
  command = plan
  variables {
    ami_id          = "ami-0123456789abcdef0"
    session_manager = true
  }
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn", dns_suffix = "amazonaws.com.cn" }
  }
  override_data {
    target = data.aws_availability_zones.available
    values = { id = "cn-north-1", names = ["cn-north-1a"] }
  }
  override_data {
    target = data.aws_ec2_instance_type_offerings.zones
    values = { locations = ["cn-north-1a"] }
  }
  override_data {
    target = data.aws_ec2_instance_type.node
    values = { supported_architectures = ["arm64"] }
  }
  assert {
    condition     = strcontains(aws_instance.node["pg-3"].user_data, "https://amazon-ssm-cn-north-1.s3.cn-north-1.amazonaws.com.cn/latest/debian_arm64/amazon-ssm-agent.deb")
    error_message = "The agent is not that of the region and the architecture."
  }
}

run "installs_the_agent_from_elsewhere_by_its_digest" {
  command = plan
  variables {
    session_manager  = true
    ssm_agent_url    = "https://mirror.example.com/agent.deb"
    ssm_agent_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    proxy            = "http://10.0.0.10:3128"
  }
  assert {
    condition     = contains(yamldecode(aws_instance.node["pg-3"].user_data).runcmd, ["env", "http_proxy=http://10.0.0.10:3128", "https_proxy=http://10.0.0.10:3128", "/usr/local/sbin/hathi-ssm-agent", "https://mirror.example.com/agent.deb", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"])
    error_message = "The source, the digest or the proxy of the agent is not as configured."
  }
}

run "installs_no_agent_without_session_manager" {
  command = plan
  assert {
    condition     = !strcontains(aws_instance.node["pg-3"].user_data, "ssm-agent")
    error_message = "An agent is installed that nobody requested."
  }
}

run "downloads_through_a_proxy_and_from_a_mirror" {
  command = plan
  variables {
    proxy               = "http://10.0.0.10:3128"
    apt_mirror          = "https://mirror.example.com/debian"
    apt_security_mirror = "https://mirror.example.com/debian-security"
  }
  assert {
    condition = yamldecode(aws_instance.node["pg-3"].user_data).apt == {
      http_proxy            = "http://10.0.0.10:3128"
      https_proxy           = "http://10.0.0.10:3128"
      preserve_sources_list = false
      primary               = [{ arches = ["default"], uri = "https://mirror.example.com/debian" }]
      security              = [{ arches = ["default"], uri = "https://mirror.example.com/debian-security" }]
    }
    error_message = "apt does not use the proxy and the mirrors."
  }
}

run "gives_elastic_addresses" {
  command = plan
  variables {
    public_address = "elastic"
  }
  assert {
    condition     = keys(aws_eip.node) == ["pg-1", "pg-2", "pg-3"]
    error_message = "A node has no Elastic IP."
  }
}

run "gives_elastic_addresses_to_public_nodes_alone" {
  command = plan
  variables {
    public_address = "elastic"
    connection     = "private"
  }
  assert {
    condition     = length(aws_eip.node) == 0
    error_message = "A private node has an Elastic IP."
  }
}

run "makes_each_rule_once" {
  command = plan
  variables {
    control_cidrs = ["203.0.113.7/32", "203.0.113.7/32", "2001:DB8::/32", "2001:0db8::/32"]
    allow_list    = ["203.0.113.7/32", "198.51.100.0/24", "198.51.100.7/24"]
  }
  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.ssh) == ["2001:db8::/32", "203.0.113.7/32"] && keys(aws_vpc_security_group_ingress_rule.postgres) == ["198.51.100.0/24", "203.0.113.7/32"]
    error_message = "A network has two rules for one port."
  }
}

run "gives_an_instance_profile_when_asked" {
  command = plan
  variables {
    session_manager = true
    connection      = "ssm"
    control_cidrs   = []
  }
  assert {
    condition     = length(aws_iam_instance_profile.node) == 1 && length(aws_vpc_security_group_ingress_rule.ssh) == 0
    error_message = "Systems Manager needs a profile, and no open port."
  }
}

run "refuses_ssm_without_a_profile" {
  command = plan
  variables {
    connection = "ssm"
  }
  expect_failures = [aws_instance.node]
}

run "refuses_a_machine_that_nobody_can_reach" {
  command = plan
  variables {
    control_cidrs = []
  }
  expect_failures = [aws_instance.node]
}

run "refuses_no_key" {
  command = plan
  variables {
    public_key = null
  }
  expect_failures = [aws_key_pair.cluster]
}

run "refuses_an_own_network_without_cidr" {
  command = plan
  variables {
    network = { mode = "own" }
  }
  expect_failures = [var.network]
}

run "refuses_a_network_with_host_bits" {
  command = plan
  variables {
    network = { mode = "own", cidr = "10.77.1.0/16" }
  }
  expect_failures = [var.network]
}

run "refuses_private_subnets_of_others" {
  command = plan
  variables {
    network = { mode = "default", private = true }
  }
  expect_failures = [var.network]
}

run "refuses_a_name_without_its_number" {
  command = plan
  variables {
    nodes = { pg-1 = { ordinal = 2 } }
  }
  expect_failures = [var.nodes]
}

run "refuses_a_node_of_another_cluster" {
  command = plan
  variables {
    nodes = { other-1 = { ordinal = 1 } }
  }
  expect_failures = [aws_instance.node]
}

run "refuses_what_gp3_cannot_do" {
  command = plan
  variables {
    data_volume = { iops = 80001 }
  }
  expect_failures = [var.data_volume]
}

run "refuses_a_connection_that_is_none" {
  command = plan
  variables {
    connection = "telnet"
  }
  expect_failures = [var.connection]
}

run "refuses_what_is_no_network" {
  command = plan
  variables {
    allow_list = ["everywhere"]
  }
  expect_failures = [var.allow_list]
}
