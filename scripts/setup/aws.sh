#!/bin/sh
# What the tests of the AWS target use: an emulator of the EC2 API in .tools/aws-venv, and the
# stand-in for the provider where no registry of Terraform is in reach.
set -eu
. "$(dirname "$0")/lib.sh"

python_environment "$tools/aws-venv" "$root/test/aws/requirements.txt" "Moto (emulated AWS)"
