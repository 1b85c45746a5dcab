"""Starts Moto with public addresses that lead nowhere else.

Moto gives instances random addresses of the internet. Here they are loopback addresses, as Moto's Elastic IPs
are, so that no packet can leave the machine. See public-addresses.ts for what listens there.
"""

import sys

from moto.ec2.models import elastic_network_interfaces
from moto.ec2.utils import random_ip
from moto.server import main

if not random_ip().startswith('127.'):
    sys.exit('This version of Moto gives Elastic IPs that are no loopback addresses.')
if not callable(elastic_network_interfaces.random_public_ip):
    sys.exit('This version of Moto chooses public addresses in another way.')
elastic_network_interfaces.random_public_ip = random_ip


def unless_elastic(change):
    """A stop and a start of an instance leave an Elastic IP, as on EC2; Moto would give another address."""

    def changed(interface):
        addresses = interface.ec2_backend.addresses
        if not any(address.public_ip == interface.public_ip for address in addresses):
            change(interface)

    return changed


Interface = elastic_network_interfaces.NetworkInterface
Interface.stop = unless_elastic(Interface.stop)
Interface.start = unless_elastic(Interface.start)
sys.exit(main())
