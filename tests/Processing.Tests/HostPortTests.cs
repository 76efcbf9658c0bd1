using System.Net;
using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Processing.Tests;

/// <summary>
/// Hosts have one form, and nothing that a C library would take for another address is read as a name.
/// </summary>
public sealed class HostPortTests
{
    [Theory]
    [InlineData("example.org:443", "example.org:443")]
    [InlineData("EXAMPLE.Org.:443", "example.org:443")]
    [InlineData("xn--bcher-kva.example:1", "xn--bcher-kva.example:1")]
    [InlineData("_srv.a-b.c:65535", "_srv.a-b.c:65535")]
    [InlineData("localhost:0080", "localhost:80")]
    [InlineData("10.0.0.7:5432", "10.0.0.7:5432")]
    [InlineData("[2001:DB8:0::1]:80", "[2001:db8::1]:80")]
    [InlineData("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80")]
    public void Parse_AHostAndPort_HasOneForm(string text, string expected) =>
        Assert.Equal(expected, HostPort.Parse(text)?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("example.org")]
    [InlineData("example.org:")]
    [InlineData("example.org:0")]
    [InlineData("example.org:65536")]
    [InlineData("example.org:+80")]
    [InlineData("example.org: 80")]
    [InlineData("example.org:80 ")]
    [InlineData("example.org:80:80")]
    [InlineData("a..b:80")]
    [InlineData(".:80")]
    [InlineData("-a:80")]
    [InlineData("a-.b:80")]
    [InlineData("a b:80")]
    [InlineData("user@a:80")]
    [InlineData("a/b:80")]
    [InlineData("a\0b:80")]
    [InlineData("a\r\nb:80")]
    [InlineData("*.example.org:80")]
    [InlineData("bücher.example:80")]
    [InlineData("127.1:80")]
    [InlineData("2130706433:80")]
    [InlineData("0x7f000001:80")]
    [InlineData("0x7f.0.0.1:80")]
    [InlineData("0177.0.0.1:80")]
    [InlineData("1.2.3.4.5:80")]
    [InlineData("256.1.1.1:80")]
    [InlineData("::1:80")]
    [InlineData("[::1]80")]
    [InlineData("[::1")]
    [InlineData("[]:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("[fe80::1%1]:80")]
    [InlineData("[[::1]]:80")]
    [InlineData("[::1]:80]:80")]
    public void Parse_SomethingElse_IsNotRead(string text) => Assert.Null(HostPort.Parse(text));

    [Fact]
    public void Parse_WithADefaultPort_TakesItOnlyWithoutAnother()
    {
        Assert.Equal("example.org:80", HostPort.Parse("example.org", 80)?.ToString());
        Assert.Equal("[::1]:80", HostPort.Parse("[::1]", 80)?.ToString());
        Assert.Equal("example.org:81", HostPort.Parse("example.org:81", 80)?.ToString());
        Assert.Null(HostPort.Parse("example.org:", 80));
    }

    [Fact]
    public void Parse_AnyText_IsReadToTheSameAgain() => Prop.ForAll<string?>(static text =>
    {
        foreach (var tried in (string[])[text ?? "", $"{text}:80", $"[{text}]:80", $"a.{text}.b:1"])
        {
            if (HostPort.Parse(tried) is not { } host)
                continue;
            Assert.Equal(host, HostPort.Parse(host.ToString()));
            Assert.DoesNotContain(host.Host, static sign => sign is <= ' ' or > '~');
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnyAddress_IsItself() => Prop.ForAll<uint, ulong, ulong>(static (four, high, low) =>
    {
        var bytes = BitConverter.GetBytes(high).Concat(BitConverter.GetBytes(low)).ToArray();
        var (old, young) = (new IPAddress(four), new IPAddress(bytes));

        Assert.Equal(old, HostPort.Parse($"{old}:1")?.Address);
        Assert.Equal(young, HostPort.Parse($"[{young}]:1")?.Address);
    }).QuickCheckThrowOnFailure();
}
