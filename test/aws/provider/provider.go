package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// maxAttempts is what the real provider documents for max_retries and AWS_MAX_ATTEMPTS.
func maxAttempts() int {
	if told, err := strconv.Atoi(os.Getenv("AWS_MAX_ATTEMPTS")); err == nil && told > 0 {
		return told
	}
	return 25
}

type provider struct {
	// Terraform never sends the requests that this stand-in lacks.
	tfprotov5.ProviderServer
	schemas       *schemas
	resourceTypes map[string]*tfprotov5.Schema
	dataTypes     map[string]*tfprotov5.Schema
	own           *tfprotov5.Schema

	region      string
	defaultTags object
	ec2         *ec2.Client
	iam         *iam.Client
}

func newProvider() (*provider, error) {
	read, err := readSchemas()
	if err != nil {
		return nil, err
	}
	p := &provider{schemas: read, resourceTypes: map[string]*tfprotov5.Schema{}, dataTypes: map[string]*tfprotov5.Schema{}}
	for name, one := range read.Resources {
		if p.resourceTypes[name], err = one.schema(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for name, one := range read.DataSources {
		if p.dataTypes[name], err = one.schema(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	p.own, err = read.Provider.schema()
	return p, err
}

func (p *provider) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	answer := &tfprotov5.GetMetadataResponse{ServerCapabilities: &tfprotov5.ServerCapabilities{}}
	for name := range p.resourceTypes {
		answer.Resources = append(answer.Resources, tfprotov5.ResourceMetadata{TypeName: name})
	}
	for name := range p.dataTypes {
		answer.DataSources = append(answer.DataSources, tfprotov5.DataSourceMetadata{TypeName: name})
	}
	return answer, nil
}

func (p *provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{
		Provider: p.own, ResourceSchemas: p.resourceTypes, DataSourceSchemas: p.dataTypes,
		ServerCapabilities: &tfprotov5.ServerCapabilities{},
	}, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (p *provider) GetFunctions(context.Context, *tfprotov5.GetFunctionsRequest) (*tfprotov5.GetFunctionsResponse, error) {
	return &tfprotov5.GetFunctionsResponse{}, nil
}

func (p *provider) PrepareProviderConfig(_ context.Context, request *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (p *provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func (p *provider) ConfigureProvider(ctx context.Context, request *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	answer := &tfprotov5.ConfigureProviderResponse{}
	configured, err := unpack(request.Config, p.own)
	if err == nil {
		err = refuseUnhandled(configured, []string{"region", "default_tags"})
	}
	if err == nil {
		err = p.connect(ctx, configured)
	}
	if err != nil {
		answer.Diagnostics = problem(err)
	}
	return answer, nil
}

// connect uses the SDK's own chain of credentials, and AWS_ENDPOINT_URL, as the real provider does.
func (p *provider) connect(ctx context.Context, configured object) error {
	p.region = text(configured, "region")
	if p.region == "" {
		p.region = os.Getenv("AWS_REGION")
	}
	p.defaultTags = object{}
	if tags := only(configured, "default_tags"); tags != nil {
		p.defaultTags, _ = tags["tags"].(object)
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(p.region), config.WithRetryer(func() aws.Retryer {
		return retry.AddWithMaxAttempts(retry.NewStandard(func(options *retry.StandardOptions) {
			// The real provider turns the SDK's token bucket off, too.
			options.RateLimiter = noLimit{}
		}), maxAttempts())
	}))
	if err != nil {
		return err
	}
	p.ec2, p.iam = ec2.NewFromConfig(loaded), iam.NewFromConfig(loaded)
	return nil
}

type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noLimit) AddTokens(uint) error { return nil }

// unpack is a message of Terraform's as plain Go; nil for null.
func unpack(value *tfprotov5.DynamicValue, schema *tfprotov5.Schema) (object, error) {
	raw, err := value.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, err
	}
	decoded, err := decode(raw)
	if err != nil || decoded == nil {
		return nil, err
	}
	return decoded.(object), nil
}

func pack(value object, schema *tfprotov5.Schema) (*tfprotov5.DynamicValue, error) {
	t := schema.ValueType()
	var encoded tftypes.Value
	var err error
	if value == nil {
		encoded = tftypes.NewValue(t, nil)
	} else if encoded, err = encode(t, value); err != nil {
		return nil, err
	}
	packed, err := tfprotov5.NewDynamicValue(t, encoded)
	return &packed, err
}

// refuseUnhandled names what a configuration sets and the stand-in would pass over in silence.
func refuseUnhandled(configured object, handled []string) error {
	var refused []error
	for name, value := range configured {
		if elements, is := value.([]any); is && len(elements) == 0 {
			continue
		}
		if value == nil || slices.Contains(handled, name) {
			continue
		}
		refused = append(refused, fmt.Errorf("the stand-in for hashicorp/aws does not carry out %q", name))
	}
	return errors.Join(refused...)
}

func problem(err error) []*tfprotov5.Diagnostic {
	return []*tfprotov5.Diagnostic{{Severity: tfprotov5.DiagnosticSeverityError, Summary: err.Error()}}
}
