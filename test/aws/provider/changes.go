package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Written by scripts/reference.ts out of terraform/modules/aws/attributes.json.
//
//go:embed schema/changes.json
var changesJSON []byte

const (
	inPlace       = "in-place"
	stopsInstance = "stops-instance"
	replaces      = "replaces"
)

// changes is what the real provider does with a change, by resource type and attribute; a nested one is block.attribute.
var changes = readChanges()

func readChanges() map[string]map[string]string {
	read := map[string]map[string]string{}
	if err := json.Unmarshal(changesJSON, &read); err != nil {
		panic(fmt.Errorf("changes.json: %w", err))
	}
	return read
}

// condition decides whether a change that is otherwise made in place replaces the resource.
type condition func(ctx context.Context, p *provider, prior, plan object) (bool, error)

// conditions are the real provider's own, by type and attribute.
var conditions = map[string]map[string]condition{
	"aws_instance": {
		"instance_type": architectureChanges,
		"user_data": func(_ context.Context, _ *provider, _, plan object) (bool, error) {
			replace := truth(plan, "user_data_replace_on_change")
			return replace != nil && *replace, nil
		},
	},
	"aws_vpc_security_group_egress_rule":  sourceConditions,
	"aws_vpc_security_group_ingress_rule": sourceConditions,
}

// ruleSources are the attributes of a rule of which exactly one is set.
var ruleSources = []string{"cidr_ipv4", "cidr_ipv6", "referenced_security_group_id"}

var sourceConditions = map[string]condition{ruleSources[0]: sourceKindChanges, ruleSources[1]: sourceKindChanges, ruleSources[2]: sourceKindChanges}

// sourceKindChanges holds where one of the attributes is set that was not, or the other way round: EC2 changes only the value.
func sourceKindChanges(_ context.Context, _ *provider, prior, plan object) (bool, error) {
	for _, name := range ruleSources {
		if (prior[name] == nil) != (plan[name] == nil) {
			return true, nil
		}
	}
	return false, nil
}

// architectureChanges holds where the two types have no architecture in common.
func architectureChanges(ctx context.Context, p *provider, prior, plan object) (bool, error) {
	before, err := p.architectures(ctx, text(prior, "instance_type"))
	if err != nil {
		return false, err
	}
	after, err := p.architectures(ctx, text(plan, "instance_type"))
	if err != nil {
		return false, err
	}
	common := slices.ContainsFunc(before, func(one types.ArchitectureType) bool { return slices.Contains(after, one) })
	return !common, nil
}

func (p *provider) architectures(ctx context.Context, name string) ([]types.ArchitectureType, error) {
	found, err := p.ec2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{types.InstanceType(name)}})
	if err != nil {
		return nil, err
	}
	one := first(found.InstanceTypes)
	if one == nil || one.ProcessorInfo == nil {
		return nil, fmt.Errorf("no EC2 instance type %s", name)
	}
	return one.ProcessorInfo.SupportedArchitectures, nil
}

// changedAttributes are those of a type's table that differ, sorted.
func changedAttributes(name string, prior, plan object) []string {
	changed := differing(prior, plan, slices.Collect(maps.Keys(changes[name]))...)
	slices.Sort(changed)
	return changed
}

// differing are those of the attributes that differ.
func differing(prior, plan object, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return same(member(prior, name), member(plan, name)) })
}

// member is an attribute, or that of a block which may stand once.
func member(of object, name string) any {
	block, inner, nested := strings.Cut(name, ".")
	if !nested {
		return of[name]
	}
	return only(of, block)[inner]
}

// replacements are the attributes whose change needs a new resource.
func (p *provider) replacements(ctx context.Context, name string, prior, plan object) ([]*tftypes.AttributePath, error) {
	paths := []*tftypes.AttributePath{}
	for _, attribute := range changedAttributes(name, prior, plan) {
		replace := changes[name][attribute] == replaces
		if holds := conditions[name][attribute]; !replace && holds != nil {
			var err error
			if replace, err = holds(ctx, p, prior, plan); err != nil {
				return nil, err
			}
		}
		if replace {
			paths = append(paths, pathOf(attribute))
		}
	}
	return paths, nil
}

func pathOf(attribute string) *tftypes.AttributePath {
	block, inner, nested := strings.Cut(attribute, ".")
	path := tftypes.NewAttributePath().WithAttributeName(block)
	if nested {
		return path.WithElementKeyInt(0).WithAttributeName(inner)
	}
	return path
}
