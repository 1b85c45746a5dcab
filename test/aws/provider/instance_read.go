package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func readInstance(ctx context.Context, p *provider, state object) (object, error) {
	id := text(state, "id")
	one, err := p.instance(ctx, id)
	if err != nil || one == nil || one.State.Name == types.InstanceStateNameTerminated {
		return nil, err
	}
	groups := []string{}
	for _, group := range groupsOf(one) {
		groups = append(groups, aws.ToString(group.GroupId))
	}
	read := object{
		"id": deref(one.InstanceId), "ami": deref(one.ImageId), "instance_type": string(one.InstanceType), "instance_state": string(one.State.Name),
		"subnet_id": aws.ToString(one.SubnetId), "vpc_security_group_ids": textList(groups), "key_name": aws.ToString(one.KeyName),
		"private_ip": deref(one.PrivateIpAddress), "public_ip": aws.ToString(one.PublicIpAddress), "private_dns": deref(one.PrivateDnsName),
		"public_dns": aws.ToString(one.PublicDnsName), "ebs_optimized": aws.ToBool(one.EbsOptimized), "tags_all": tagsOf(one.Tags),
		"arn": fmt.Sprintf("arn:aws:ec2:%s::instance/%s", p.region, id), "source_dest_check": aws.ToBool(one.SourceDestCheck),
		"iam_instance_profile": "", "associate_public_ip_address": aws.ToString(one.PublicIpAddress) != "",
	}
	if one.Placement != nil {
		read["availability_zone"], read["tenancy"] = deref(one.Placement.AvailabilityZone), string(one.Placement.Tenancy)
	}
	if one.Monitoring != nil {
		read["monitoring"] = one.Monitoring.State == types.MonitoringStateEnabled
	}
	if one.IamInstanceProfile != nil {
		arn := aws.ToString(one.IamInstanceProfile.Arn)
		read["iam_instance_profile"] = arn[strings.LastIndex(arn, "/")+1:]
	}
	if main := first(one.NetworkInterfaces); main != nil {
		read["primary_network_interface_id"] = deref(main.NetworkInterfaceId)
	}
	if one.MetadataOptions != nil {
		read["metadata_options"] = []any{metadataOptions(one.MetadataOptions, only(state, "metadata_options"))}
	}
	if err := p.readRootDevice(ctx, one, state, read); err != nil {
		return nil, err
	}
	return read, p.readAttributes(ctx, id, state, read)
}

// groupsOf returns the groups of the first interface; the emulator returns them only there.
func groupsOf(one *types.Instance) []types.GroupIdentifier {
	if main := first(one.NetworkInterfaces); len(one.SecurityGroups) == 0 && main != nil {
		return main.Groups
	}
	return one.SecurityGroups
}

func metadataOptions(options *types.InstanceMetadataOptionsResponse, state object) object {
	read := object{
		"http_endpoint": string(options.HttpEndpoint), "http_tokens": string(options.HttpTokens), "http_put_response_hop_limit": deref(options.HttpPutResponseHopLimit),
		"instance_metadata_tags": string(options.InstanceMetadataTags), "http_protocol_ipv6": string(options.HttpProtocolIpv6),
	}
	for name, value := range read {
		// The emulator does not return all of them.
		if known := state[name]; (value == "" || value == nil) && known != nil && !hasUnknown(known) {
			read[name] = known
		}
	}
	return read
}

func (p *provider) readRootDevice(ctx context.Context, one *types.Instance, state, read object) error {
	mapping := rootMapping(one)
	if mapping == nil {
		return nil
	}
	volume, err := p.volume(ctx, aws.ToString(mapping.Ebs.VolumeId))
	if err != nil || volume == nil {
		return err
	}
	known := only(state, "root_block_device")
	all := tagsOf(volume.Tags)
	before, _ := known["tags"].(object)
	root := object{
		"device_name": deref(mapping.DeviceName), "volume_id": deref(volume.VolumeId), "volume_size": deref(volume.Size), "volume_type": string(volume.VolumeType),
		"encrypted": aws.ToBool(volume.Encrypted), "delete_on_termination": aws.ToBool(mapping.Ebs.DeleteOnTermination), "tags": p.ownTags(all, before), "tags_all": all,
	}
	told(root, known, "kms_key_id", deref(volume.KmsKeyId))
	told(root, known, "iops", deref(volume.Iops))
	told(root, known, "throughput", deref(volume.Throughput))
	read["root_block_device"] = []any{root}
	return nil
}

func (p *provider) readAttributes(ctx context.Context, id string, state, read object) error {
	ask := func(name types.InstanceAttributeName) (*ec2.DescribeInstanceAttributeOutput, error) {
		return p.ec2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: name})
	}
	protection, err := ask(types.InstanceAttributeNameDisableApiTermination)
	if err != nil {
		return err
	}
	if protection.DisableApiTermination != nil {
		read["disable_api_termination"] = aws.ToBool(protection.DisableApiTermination.Value)
	}
	data, err := ask(types.InstanceAttributeNameUserData)
	if err != nil || data.UserData == nil {
		return err
	}
	decoded, err := base64.StdEncoding.DecodeString(aws.ToString(data.UserData.Value))
	if err == nil && len(decoded) > 0 {
		read["user_data"] = string(decoded)
	}
	return nil
}
