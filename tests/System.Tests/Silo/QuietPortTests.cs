using System.Net;
using System.Net.Sockets;
using OrleansTasks.Silo.Endpoint;

namespace OrleansTasks.System.Tests.Silo;

public sealed class QuietPortTests
{
    [Fact]
    public void Find_Several_AreDifferentFreeAndNoneThatAConnectionCouldTake()
    {
        var ports = QuietPort.Find(50);

        Assert.Equal(50, ports.Distinct().Count());
        Assert.All(ports, static port => Assert.InRange(port, QuietPort.Lowest, QuietPort.End - 1));
        Assert.All(ports, static port =>
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            Assert.True(listener.Server.IsBound);
        });
    }
}
