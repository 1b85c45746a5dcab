# What the module refuses, shown by plans alone: no Docker is needed.

variables {
  site         = "a1b2c3"
  cluster      = "orders"
  operation_id = "op-1"
  image        = "hathi-node:0123456789ab"
  subnet       = "10.77.3.0/24"
  nodes = {
    "orders-1" = { address = "10.77.3.11", ssh_port = 22001, postgres_port = 25001 }
    "orders-2" = { address = "10.77.3.12", ssh_port = 22002, postgres_port = 25002 }
    "orders-3" = { address = "10.77.3.13", ssh_port = 22003 }
  }
  authorized_key      = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPVaTC6hna15qDOpCZ8OADv0L3AgdVODq1/XeWjWrzAV"
  host_keys_directory = "./host_keys"
}

run "accepts_two_nodes_and_a_witness" {
  command = plan

  assert {
    condition     = output.network == "hathi-a1b2c3-orders"
    error_message = "The network is not named after the site and the cluster."
  }
  assert {
    condition     = output.nodes["orders-1"].postgres_port == 25001 && output.nodes["orders-1"].ssh_host == "127.0.0.1"
    error_message = "A node is not reached by loopback."
  }
  assert {
    condition     = output.nodes["orders-3"].postgres_host == null && output.nodes["orders-3"].postgres_port == null
    error_message = "A witness must have no PostgreSQL to reach."
  }
}

run "refuses_a_site_of_other_letters" {
  command = plan
  variables {
    site = "A1B2C3"
  }
  expect_failures = [var.site]
}

run "refuses_a_cluster_that_climbs_folders" {
  command = plan
  variables {
    cluster = "../orders"
  }
  expect_failures = [var.cluster]
}

run "refuses_a_cluster_with_a_space" {
  command = plan
  variables {
    cluster = "my orders"
  }
  expect_failures = [var.cluster]
}

run "refuses_a_cluster_of_64_letters" {
  command = plan
  variables {
    cluster = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }
  expect_failures = [var.cluster]
}

run "refuses_a_cluster_with_a_command" {
  command = plan
  variables {
    cluster = "\"; rm -rf /"
  }
  expect_failures = [var.cluster]
}

run "refuses_an_operation_with_a_line_break" {
  command = plan
  variables {
    operation_id = "op\n1"
  }
  expect_failures = [var.operation_id]
}

run "refuses_an_image_that_reads_as_a_flag" {
  command = plan
  variables {
    image = "--privileged"
  }
  expect_failures = [var.image]
}

run "refuses_a_subnet_of_another_size" {
  command = plan
  variables {
    subnet = "10.77.0.0/16"
  }
  expect_failures = [var.subnet]
}

run "refuses_a_subnet_with_host_bits" {
  command = plan
  variables {
    subnet = "10.77.3.1/24"
  }
  expect_failures = [var.subnet]
}

run "refuses_a_subnet_that_is_none" {
  command = plan
  variables {
    subnet = "10.77.300.0/24"
  }
  expect_failures = [var.subnet]
}

run "refuses_no_nodes" {
  command = plan
  variables {
    nodes = {}
  }
  expect_failures = [var.nodes]
}

run "refuses_a_node_without_a_number" {
  command = plan
  variables {
    nodes = { "orders-primary" = { address = "10.77.3.11", ssh_port = 22001 } }
  }
  expect_failures = [var.nodes]
}

run "refuses_a_node_of_another_cluster" {
  command = plan
  variables {
    nodes = { "invoices-1" = { address = "10.77.3.11", ssh_port = 22001 } }
  }
  expect_failures = [terraform_data.node]
}

run "refuses_an_address_that_is_none" {
  command = plan
  variables {
    nodes = { "orders-1" = { address = "10.77.3.300", ssh_port = 22001 } }
  }
  expect_failures = [var.nodes]
}

run "refuses_an_address_outside_the_subnet" {
  command = plan
  variables {
    nodes = { "orders-1" = { address = "10.77.4.11", ssh_port = 22001 } }
  }
  expect_failures = [terraform_data.node]
}

run "refuses_the_gateways_address" {
  command = plan
  variables {
    nodes = { "orders-1" = { address = "10.77.3.1", ssh_port = 22001 } }
  }
  expect_failures = [terraform_data.node]
}

run "refuses_one_address_for_two" {
  command = plan
  variables {
    nodes = {
      "orders-1" = { address = "10.77.3.11", ssh_port = 22001 }
      "orders-2" = { address = "10.77.3.11", ssh_port = 22002 }
    }
  }
  expect_failures = [var.nodes]
}

run "refuses_one_port_for_two" {
  command = plan
  variables {
    nodes = {
      "orders-1" = { address = "10.77.3.11", ssh_port = 22001, postgres_port = 22002 }
      "orders-2" = { address = "10.77.3.12", ssh_port = 22002 }
    }
  }
  expect_failures = [var.nodes]
}

run "refuses_a_port_that_only_root_may_open" {
  command = plan
  variables {
    nodes = { "orders-1" = { address = "10.77.3.11", ssh_port = 22 } }
  }
  expect_failures = [var.nodes]
}

run "refuses_a_port_beyond_the_last" {
  command = plan
  variables {
    nodes = { "orders-1" = { address = "10.77.3.11", ssh_port = 22001, postgres_port = 65536 } }
  }
  expect_failures = [var.nodes]
}

run "refuses_a_key_with_a_second_line" {
  command = plan
  variables {
    authorized_key = "ssh-ed25519 AAAA\nssh-ed25519 BBBB"
  }
  expect_failures = [var.authorized_key]
}

run "refuses_a_private_key" {
  command = plan
  variables {
    authorized_key = "-----BEGIN OPENSSH PRIVATE KEY-----"
  }
  expect_failures = [var.authorized_key]
}

run "refuses_an_empty_path" {
  command = plan
  variables {
    host_keys_directory = ""
  }
  expect_failures = [var.host_keys_directory]
}
