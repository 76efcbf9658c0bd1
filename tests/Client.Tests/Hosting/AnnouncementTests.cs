using System.Net;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>What the service prints when it is ready can be followed as it stands.</summary>
public sealed class AnnouncementTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void WriteSilo_ListensOnEveryAddress_NamesTheMachine(string address)
    {
        var text = Announced(new IPEndPoint(IPAddress.Parse(address), 30000));
        Assert.Contains($"--silo {Environment.MachineName}:30000 --cluster-cert FILE\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteSilo_ListensOnOneAddress_NamesIt()
    {
        var text = Announced(new IPEndPoint(IPAddress.Parse("192.0.2.7"), 30000));
        Assert.Contains("--silo 192.0.2.7:30000 --cluster-cert FILE\"", text, StringComparison.Ordinal);
    }

    private static string Announced(IPEndPoint listen)
    {
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        var options = new SiloHostOptions
        {
            Listen = listen, Grpc = loopback, Data = "/data", Slots = 0, Lease = TimeSpan.FromSeconds(10),
            Drain = TimeSpan.Zero, Retention = TimeSpan.FromDays(1),
        };
        var output = new StringWriter();
        SiloAnnouncement.Write(output, options, loopback, cluster: null);
        return output.ToString();
    }
}
