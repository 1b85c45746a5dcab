package main

import (
	"context"
	"fmt"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

var resources = map[string]resource{
	"aws_ebs_volume":                      ebsVolumeResource,
	"aws_eip":                             eipResource,
	"aws_iam_instance_profile":            instanceProfileResource,
	"aws_iam_role":                        iamRoleResource,
	"aws_iam_role_policy_attachment":      rolePolicyAttachmentResource,
	"aws_instance":                        instanceResource,
	"aws_internet_gateway":                internetGatewayResource,
	"aws_key_pair":                        keyPairResource,
	"aws_nat_gateway":                     natGatewayResource,
	"aws_route":                           routeResource,
	"aws_route_table":                     routeTableResource,
	"aws_route_table_association":         routeTableAssociationResource,
	"aws_security_group":                  securityGroupResource,
	"aws_subnet":                          subnetResource,
	"aws_volume_attachment":               volumeAttachmentResource,
	"aws_vpc":                             vpcResource,
	"aws_vpc_security_group_egress_rule":  egressRuleResource,
	"aws_vpc_security_group_ingress_rule": ingressRuleResource,
}

var dataSources = map[string]dataSource{
	"aws_vpc": {
		handled: []string{"id", "default", "filter", "tags"},
		read: func(ctx context.Context, p *provider, configured object) (object, error) {
			input := &ec2.DescribeVpcsInput{Filters: filters(configured)}
			if id := text(configured, "id"); id != "" {
				input.VpcIds = []string{id}
			}
			if standard := truth(configured, "default"); standard != nil && *standard {
				input.Filters = append(input.Filters, types.Filter{Name: aws.String("isDefault"), Values: []string{"true"}})
			}
			return withTags(p.readVpc(ctx, input))("VPC")
		},
	},
	"aws_subnet": {
		handled: []string{"id", "filter", "tags"},
		read: func(ctx context.Context, p *provider, configured object) (object, error) {
			return withTags(p.readSubnet(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{text(configured, "id")}, Filters: filters(configured)}))("subnet")
		},
	},
	"aws_subnets": {
		handled: []string{"filter", "tags"},
		read: func(ctx context.Context, p *provider, configured object) (object, error) {
			found, err := p.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filters(configured)})
			if err != nil {
				return nil, err
			}
			ids := []string{}
			for _, one := range found.Subnets {
				ids = append(ids, aws.ToString(one.SubnetId))
			}
			return object{"id": p.region, "ids": textList(ids)}, nil
		},
	},
	"aws_ami_ids": {
		handled: []string{"owners", "filter"},
		read:    readAMIIDs,
	},
	"aws_partition": {
		handled: []string{},
		read:    readPartition,
	},
	"aws_vpcs": {
		handled: []string{"filter", "tags"},
		read:    readVpcs,
	},
	"aws_availability_zones": {
		handled: []string{"state", "filter"},
		read: func(ctx context.Context, p *provider, configured object) (object, error) {
			input := &ec2.DescribeAvailabilityZonesInput{Filters: filters(configured)}
			if state := text(configured, "state"); state != "" {
				input.Filters = append(input.Filters, types.Filter{Name: aws.String("state"), Values: []string{state}})
			}
			found, err := p.ec2.DescribeAvailabilityZones(ctx, input)
			if err != nil {
				return nil, err
			}
			names, ids := []string{}, []string{}
			for _, one := range found.AvailabilityZones {
				names, ids = append(names, aws.ToString(one.ZoneName)), append(ids, aws.ToString(one.ZoneId))
			}
			sort.Strings(names)
			return object{"id": p.region, "names": textList(names), "zone_ids": textList(ids), "group_names": []any{}}, nil
		},
	},
	"aws_ec2_instance_type": {
		handled: []string{"instance_type"},
		read: func(ctx context.Context, p *provider, configured object) (object, error) {
			found, err := p.ec2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{types.InstanceType(text(configured, "instance_type"))}})
			if err != nil {
				return nil, err
			}
			one := first(found.InstanceTypes)
			if one == nil {
				return nil, fmt.Errorf("no EC2 instance type %s", text(configured, "instance_type"))
			}
			architectures := []string{}
			for _, each := range one.ProcessorInfo.SupportedArchitectures {
				architectures = append(architectures, string(each))
			}
			return object{
				"id": string(one.InstanceType), "supported_architectures": textList(architectures), "hypervisor": string(one.Hypervisor),
				"default_vcpus": deref(one.VCpuInfo.DefaultVCpus), "memory_size": aws.ToInt64(one.MemoryInfo.SizeInMiB),
			}, nil
		},
	},
	"aws_ec2_instance_type_offerings": {
		handled: []string{"location_type", "filter"},
		read: func(ctx context.Context, p *provider, configured object) (object, error) {
			found, err := p.ec2.DescribeInstanceTypeOfferings(ctx, &ec2.DescribeInstanceTypeOfferingsInput{
				LocationType: types.LocationType(text(configured, "location_type")), Filters: filters(configured),
			})
			if err != nil {
				return nil, err
			}
			kinds, where, how := []string{}, []string{}, []string{}
			for _, one := range found.InstanceTypeOfferings {
				kinds, where, how = append(kinds, string(one.InstanceType)), append(where, aws.ToString(one.Location)), append(how, string(one.LocationType))
			}
			return object{"id": p.region, "instance_types": textList(kinds), "locations": textList(where), "location_types": textList(how)}, nil
		},
	},
}

func withTags(found object, err error) func(what string) (object, error) {
	return func(what string) (object, error) {
		if err == nil && found == nil {
			err = fmt.Errorf("no matching EC2 %s found", what)
		}
		if err != nil {
			return nil, err
		}
		found["tags"] = found["tags_all"]
		delete(found, "tags_all")
		return found, nil
	}
}
