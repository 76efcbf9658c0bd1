using System.Net;
using OrleansTasks.Listening;
using OrleansTasks.Settings;

namespace OrleansTasks.Client.Tests.Hosting;

public sealed class ListenSocketTests
{
    [Fact]
    public void Bind_TakenPort_NamesOptionAndPort()
    {
        using var first = ListenSocket.Bind("--http", new IPEndPoint(IPAddress.Loopback, 0));
        var address = (IPEndPoint)first.LocalEndPoint!;
        var refusal = Assert.Throws<StartRefusedException>(() => ListenSocket.Bind("--http", address));
        Assert.Equal(1, refusal.ExitCode);
        Assert.Contains($"--http: port {address.Port} on 127.0.0.1 is in use", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_AddressOfAnotherMachine_SaysSo()
    {
        var refusal = Assert.Throws<StartRefusedException>(() =>
            ListenSocket.Bind("--http", new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)));
        Assert.Equal("--http: 192.0.2.1 is not an address of this machine.", refusal.Message);
    }
}
