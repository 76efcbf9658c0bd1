using System.Net;
using Microsoft.AspNetCore.Http;
using OrleansTasks.Client.Access;

namespace OrleansTasks.Client.Tests.Access;

public sealed class OwnAddressesTests
{
    private static readonly IPEndPoint _loopback = new(IPAddress.Loopback, 9092);
    private static readonly IPEndPoint _any = new(IPAddress.Any, 9092);
    private static readonly Uri _public = new("https://tasks.example");

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:1", true)]
    [InlineData("127.0.0.1:9092", true)]
    [InlineData("127.9.8.7:80", true)]
    [InlineData("[::1]:9092", true)]
    [InlineData("a.localhost:9092", true)]
    [InlineData("tasks.example", true)]
    [InlineData("tasks.example:443", true)]
    [InlineData("tasks.example:9092", false)]
    [InlineData("evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("evil-localhost", false)]
    [InlineData("10.0.0.1:9092", false)]
    [InlineData("[::2]:9092", false)]
    [InlineData("2130706433", false)]
    [InlineData("machine", false)]
    [InlineData("", false)]
    [InlineData("localhost:65535", true)]
    [InlineData("localhost:65536", false)]
    [InlineData("localhost:99999", false)]
    [InlineData("localhost:0", false)]
    [InlineData("localhost:-1", false)]
    [InlineData("localhost:+80", false)]
    [InlineData("localhost:x", false)]
    [InlineData("localhost:", false)]
    [InlineData("[::1]:99999", false)]
    [InlineData("[::1]x", false)]
    [InlineData("tasks.example:x", false)]
    public void IsOwnHost_BoundToLoopback_TakesLoopbackNamesAndThePublicUrl(string host, bool own) =>
        Assert.Equal(own, new OwnAddresses(_loopback, _public, "machine").IsOwnHost(new HostString(host)));

    [Theory]
    [InlineData("localhost:9092", true)]
    [InlineData("10.0.0.1:9092", true)]
    [InlineData("[fe80::1]:9092", true)]
    [InlineData("MACHINE:9092", true)]
    [InlineData("evil.example:9092", false)]
    [InlineData("machine.evil.example", false)]
    public void IsOwnHost_BoundBeyondLoopback_TakesAddressesAndTheMachinesName(string host, bool own) =>
        Assert.Equal(own, new OwnAddresses(_any, null, "machine").IsOwnHost(new HostString(host)));

    [Fact]
    public void IsOwnHost_AfterAnOwnOne_StillRefusesAForeignOne()
    {
        var own = new OwnAddresses(_loopback, null, "machine");
        Assert.True(own.IsOwnHost(new HostString("localhost:9092")));
        Assert.True(own.IsOwnHost(new HostString("localhost:9092")));
        Assert.False(own.IsOwnHost(new HostString("evil.example")));
    }

    [Theory]
    [InlineData("http://localhost:9092", "http", "localhost:9092", true)]
    [InlineData("http://LOCALHOST:9092", "http", "localhost:9092", true)]
    [InlineData("http://localhost", "http", "localhost:80", true)]
    [InlineData("https://tasks.example", "http", "localhost:9092", true)]
    [InlineData("http://localhost:9093", "http", "localhost:9092", false)]
    [InlineData("https://localhost:9092", "http", "localhost:9092", false)]
    [InlineData("http://127.0.0.1:9092", "http", "localhost:9092", false)]
    [InlineData("http://tasks.example", "http", "localhost:9092", false)]
    [InlineData("https://tasks.example:444", "http", "localhost:9092", false)]
    [InlineData("https://evil.example", "http", "localhost:9092", false)]
    [InlineData("http://localhost:9092/", "http", "localhost:9092", false)]
    [InlineData("null", "http", "localhost:9092", false)]
    [InlineData("", "http", "localhost:9092", false)]
    public void IsOwnOrigin_TakesTheRequestsOwnAndThePublicUrl(string origin, string scheme, string host, bool own) =>
        Assert.Equal(own, new OwnAddresses(_loopback, _public, "machine").IsOwnOrigin(origin, scheme, new HostString(host)));
}
