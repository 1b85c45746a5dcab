# Nothing but the built-in terraform_data is used, so no registry has to be in reach.
terraform {
  required_version = ">= 1.6"
}
