// A stand-in for the provider hashicorp/aws, for tests on machines that reach no registry of Terraform.
//
// Its schema is the real provider's (schema/extract.ts); of what the real one can do it does exactly
// what Hathi's module uses, through the AWS SDK, and refuses the rest by name.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
)

func main() {
	provider, err := newProvider()
	if err == nil {
		fmt.Fprintf(os.Stderr, "[INFO] stand-in for hashicorp/aws %s\n", provider.schemas.ProviderVersion)
		err = tf5server.Serve("registry.terraform.io/hashicorp/aws", func() tfprotov5.ProviderServer { return provider })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
