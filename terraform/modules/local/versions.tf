# Only the built-in terraform_data is used, so no registry is needed.
terraform {
  required_version = ">= 1.6"
}
