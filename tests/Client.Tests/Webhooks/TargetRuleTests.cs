using System.Net;
using OrleansTasks.Silo.Webhooks;

namespace OrleansTasks.Client.Tests.Webhooks;

/// <summary>Which addresses webhooks may be sent to.</summary>
public sealed class TargetRuleTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("192.0.0.192")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::7f00:1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2001:0:7f00:1::")]
    [InlineData("2001:db8::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("ff02::1")]
    public void Allows_NotPublic_IsRefusedUnlessAllIsAllowed(string address)
    {
        Assert.False(new TargetRule([], allowsAll: false).Allows(IPAddress.Parse(address)));
        Assert.True(new TargetRule([], allowsAll: true).Allows(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("169.253.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::101:101")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450::1")]
    public void Allows_Public(string address) => Assert.True(new TargetRule([], allowsAll: false).Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.1.0.0/16", "10.1.2.3", true)]
    [InlineData("10.1.0.0/16", "::ffff:10.1.2.3", true)]
    [InlineData("10.1.0.0/16", "10.2.0.0", false)]
    [InlineData("127.0.0.0/8", "::1", false)]
    [InlineData("::1/128", "::1", true)]
    [InlineData("::1/128", "127.0.0.1", false)]
    [InlineData("fd00::/8", "fd12::1", true)]
    public void Allows_ANetworkThatIsAllowed_AndNoOther(string network, string address, bool isAllowed) =>
        Assert.Equal(isAllowed, new TargetRule([IPNetwork.Parse(network)], allowsAll: false).Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[fe80::1%25eth0]/")]
    [InlineData("http://localhost:8080/")]
    [InlineData("http://LOCALHOST./")]
    [InlineData("http://a.localhost/")]
    public void RefusalOf_AnAddressThatIsNotPublic_NamesIt(string url)
    {
        Assert.Contains("--webhook-allow", new TargetRule([], allowsAll: false).RefusalOf(new Uri(url)), StringComparison.Ordinal);
        Assert.Null(new TargetRule([], allowsAll: true).RefusalOf(new Uri(url)));
    }

    [Fact]
    public void RefusalOf_AName_WaitsForTheConnection() =>
        Assert.Null(new TargetRule([], allowsAll: false).RefusalOf(new Uri("http://internal.example/")));
}
