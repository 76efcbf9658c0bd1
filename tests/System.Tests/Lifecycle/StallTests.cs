using System.Net.Sockets;
using System.Text;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

public sealed class StallTests(SharedServices shared)
{
    private static readonly TimeSpan CutLimit = TimeSpan.FromSeconds(50);

    [Fact]
    public async Task StallingHeadersAndBodies_AreCutWith408()
    {
        var service = await shared.Idle;
        var host = service.Url.Authority;
        var answers = await Task.WhenAll(
            Stall(service, $"POST /tasks HTTP/1.1\r\nHost: {host}\r\nContent-Ty"),
            Stall(service, $"POST /tasks HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"cmd\":"),
            // So much at once that it is within any average rate for a long time.
            Stall(service, $"POST /tasks HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n"
                + new string(' ', 800_000)));
        Assert.All(answers, answer => Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal));
        Assert.All(answers[1..], answer => Assert.Contains("\"code\":\"request-timeout\"", answer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatIsNotHttp_Is400()
    {
        var service = await shared.Idle;
        var answer = await Stall(service, $"POST /tasks HTTP/1.1\r\nHost: {service.Url.Authority}\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    // Sends the beginning of a request and returns whatever comes until the service closes the connection.
    private static async Task<string> Stall(Service service, string beginning)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(service.Url.Host, service.Url.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
        var answer = new MemoryStream();
        await stream.CopyToAsync(answer).WaitAsync(CutLimit, TimeProvider.System);
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
