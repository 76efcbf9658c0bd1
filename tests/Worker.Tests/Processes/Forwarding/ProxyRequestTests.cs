using System.Net;
using System.Text;
using OrleansTasks.Processing.Text;
using OrleansTasks.Worker.Processes.Forwarding;

namespace OrleansTasks.Worker.Tests.Processes.Forwarding;

/// <summary>What the proxy reads in a hostile client's request, and what of it a server gets.</summary>
public sealed class ProxyRequestTests
{
    [Theory]
    [InlineData("CONNECT Example.org:443 HTTP/1.1", "example.org:443")]
    [InlineData("CONNECT [::1]:5432 HTTP/1.0", "[::1]:5432")]
    public void Parse_Connect_IsATunnelToItsTarget(string line, string target)
    {
        var request = Parse($"{line}\r\nHost: other.example:1\r\nContent-Length: 7\r\n\r\n", out _)!;

        Assert.Equal((target, 0, null), (request.Target.ToString(), request.Head.Length, request.Body));
    }

    [Theory]
    [InlineData("http://Example.org", "example.org:80", "GET / HTTP/1.1\r\nhost: example.org\r\n")]
    [InlineData("HTTP://example.org:81/a?b=//c", "example.org:81", "GET /a?b=//c HTTP/1.1\r\nhost: example.org:81\r\n")]
    [InlineData("http://example.org?x", "example.org:80", "GET /?x HTTP/1.1\r\nhost: example.org\r\n")]
    [InlineData("http://[::1]:8080/", "[::1]:8080", "GET / HTTP/1.1\r\nhost: [::1]:8080\r\n")]
    public void Parse_AnAddress_GoesToItsHostOnly(string address, string target, string head)
    {
        var request = Parse(
            $"GET {address} HTTP/1.1\r\nHost: other.example\r\nHOST: third.example\r\nAccept: a\r\n"
                + "Proxy-Authorization: x\r\nProxy-Connection: y\r\nConnection: keep-alive, Drop-Me, content-length\r\nDrop-me: 1\r\nContent-Length: 5\r\n\r\n", out _)!;

        Assert.Equal((target, 5), (request.Target.ToString(), request.Body));
        Assert.Equal(
            $"{head}accept: a\r\ncontent-length: 5\r\nconnection: close\r\n\r\n",
            Encoding.Latin1.GetString(request.Head.Span));
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("GET http://a/ HTTP/2.0", 400)]
    [InlineData("GET  http://a/ HTTP/1.1", 400)]
    [InlineData("GET http://a/ x HTTP/1.1", 400)]
    [InlineData("GET http://a/\n HTTP/1.1", 400)]
    [InlineData("GET http://a/\u00e9 HTTP/1.1", 400)]
    [InlineData("G@T http://a/ HTTP/1.1", 400)]
    [InlineData("GET / HTTP/1.1", 400)]
    [InlineData("GET https://a/ HTTP/1.1", 400)]
    [InlineData("GET http:///x HTTP/1.1", 400)]
    [InlineData("GET http://a:b@c/ HTTP/1.1", 400)]
    [InlineData("GET http://a\\@b/ HTTP/1.1", 400)]
    [InlineData("GET http://a:/ HTTP/1.1", 400)]
    [InlineData("CONNECT a HTTP/1.1", 400)]
    [InlineData("CONNECT http://a:1/ HTTP/1.1", 400)]
    [InlineData("CONNECT a:1/ HTTP/1.1", 400)]
    [InlineData("CONNECT a:1@b:2 HTTP/1.1", 400)]
    [InlineData("GET http://a/ HTTP/1.1\r\n folded: 1", 400)]
    [InlineData("GET http://a/ HTTP/1.1\r\nX : 1", 400)]
    [InlineData("GET http://a/ HTTP/1.1\r\n: 1", 400)]
    [InlineData("GET http://a/ HTTP/1.1\r\nX", 400)]
    [InlineData("GET http://a/ HTTP/1.1\r\nX: 1\nY: 2", 400)]
    [InlineData("GET http://a/ HTTP/1.1\r\nX: 1\rY: 2", 400)]
    [InlineData("GET http://a/ HTTP/1.1\r\nX: 1\0", 400)]
    [InlineData("POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked", 411)]
    [InlineData("POST http://a/ HTTP/1.1\r\nContent-Length: 1\r\ntransfer-encoding: identity", 411)]
    [InlineData("POST http://a/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1", 400)]
    [InlineData("POST http://a/ HTTP/1.1\r\nContent-Length: 1, 1", 400)]
    [InlineData("POST http://a/ HTTP/1.1\r\nContent-Length: +1", 400)]
    [InlineData("POST http://a/ HTTP/1.1\r\nContent-Length: 0x1", 400)]
    [InlineData("POST http://a/ HTTP/1.1\r\nContent-Length: 99999999999999999999", 400)]
    [InlineData("POST http://a/ HTTP/1.1\r\nContent-Length:", 400)]
    public void Parse_SomethingElse_IsRefused(string head, int status)
    {
        Assert.Null(Parse($"{head}\r\n\r\n", out var fault));
        Assert.Equal(status, fault.Status);
    }

    /// <summary>
    /// Each sign anywhere in each of some requests: what the server gets has one line end a header, no header of the
    /// connection, and the listed host.
    /// </summary>
    [Fact]
    public void Parse_AnySignAnywhere_ForwardsOneRequestToTheTarget()
    {
        string[] requests =
        [
            "GET http://a.example/b HTTP/1.1\r\nHost: c\r\nContent-Length: 3\r\n\r\n",
            "CONNECT a.example:1 HTTP/1.1\r\nX: y\r\n\r\n",
            "POST http://a.example:8/?q HTTP/1.0\r\nConnection: x\r\nX: y\r\n\r\n",
        ];
        foreach (var request in requests)
        {
            for (var at = 0; at <= request.Length - 4; at++)
            {
                for (var sign = 0; sign < 256; sign++)
                {
                    if (Parse(request.Insert(at, $"{(char)sign}"), out var fault) is not { } read)
                    {
                        Assert.DoesNotContain(fault.Message, static c => c is < ' ' or > '~');
                        continue;
                    }

                    var lines = Encoding.Latin1.GetString(read.Head.Span).Split("\r\n");
                    Assert.Equal(read.Target, HostPort.Parse(read.Target.ToString()));
                    if (read.Body is null) continue;
                    Assert.Equal(["", ""], lines[^2..]);
                    Assert.DoesNotContain("", lines[..^2]);
                    Assert.DoesNotContain(lines, static line => line.AsSpan().ContainsAny('\r', '\n', '\0'));
                    Assert.Equal(read.Target, HostPort.Parse(lines[1].AsSpan("host: ".Length), 80));
                    Assert.Single(lines, static line => line.StartsWith("host:", StringComparison.OrdinalIgnoreCase));
                }
            }
        }
    }

    [Theory]
    [InlineData("example.org:443", true)]
    [InlineData("EXAMPLE.ORG.:443", true)]
    [InlineData("example.org:444", false)]
    [InlineData("www.example.org:443", false)]
    [InlineData("127.0.0.1:5432", true)]
    [InlineData("localhost:5432", false)]
    [InlineData("[::1]:5432", false)]
    [InlineData("[::ffff:127.0.0.1]:5432", false)]
    public void Allows_TheEntryItself_AndNothingLikeIt(string target, bool allowed)
    {
        var hosts = HostList.Parse(["Example.org:443", "127.0.0.1:5432"], out _)!;

        Assert.Equal(allowed, hosts.Allows(HostPort.Parse(target)!.Value));
    }

    [Theory]
    [InlineData("example.org:80", "93.184.215.14", true)]
    [InlineData("example.org:80", "10.0.0.1", true)]
    [InlineData("example.org:80", "127.0.0.1", false)]
    [InlineData("example.org:80", "127.8.8.8", false)]
    [InlineData("example.org:80", "::1", false)]
    [InlineData("example.org:80", "::ffff:127.0.0.1", false)]
    [InlineData("example.org:80", "0.0.0.0", false)]
    [InlineData("example.org:80", "::", false)]
    [InlineData("example.org:80", "169.254.169.254", false)]
    [InlineData("example.org:80", "fe80::1", false)]
    [InlineData("example.org:80", "fd00:ec2::254", false)]
    [InlineData("example.org:80", "fd20:ce::254", false)]
    [InlineData("example.org:80", "100.100.100.200", false)]
    [InlineData("example.org:80", "fd00::1", true)]
    [InlineData("example.org:80", "224.0.0.1", false)]
    [InlineData("localhost:80", "127.0.0.1", true)]
    [InlineData("db.localhost:80", "::1", true)]
    [InlineData("169.254.169.254:80", "169.254.169.254", true)]
    [InlineData("[fd00:ec2::254]:80", "fd00:ec2::254", true)]
    public void MayReach_AnAddressOfAName_OnlyBeyondTheMachine(string target, string address, bool may) =>
        Assert.Equal(may, HostList.MayReach(HostPort.Parse(target)!.Value, IPAddress.Parse(address)));

    [Fact]
    public void ParseList_AnEntryIsSomethingElse_NamesIt()
    {
        Assert.Null(HostList.Parse(["a:1", "b"], out var fault));
        Assert.Equal("b", fault);
    }

    private static ProxyRequest? Parse(string head, out ProxyFault fault) =>
        ProxyRequest.Parse(Encoding.Latin1.GetBytes(head), out fault);
}
