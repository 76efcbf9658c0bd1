using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A service whose connection to the database could be read on the way says so (event 4423).</summary>
[Trait("Needs", "postgres")]
public sealed class DatabaseLinkNoticeTests : DataFolders
{
    private const string Notice = "is not encrypted: secrets of tasks and the certificate authority's key cross the network.";

    [Fact]
    [Trait("Needs", "network")]
    public async Task Database_BeyondLoopbackWithoutEncryption_IsNamedInTheLog()
    {
        var here = NetworkInterface.GetAllNetworkInterfaces().SelectMany(static one => one.GetIPProperties().UnicastAddresses)
            .Select(static one => one.Address)
            .FirstOrDefault(static one => one.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(one));
        Assert.SkipWhen(here is null, "this machine has no address beyond loopback");
        using var server = new PostgresServer($"listen_addresses=127.0.0.1,{here}");
        // This machine alone: the tests' role may run programs as the server's user.
        server.Execute("postgres", $"COPY (VALUES ('host all all {here}/32 trust')) TO PROGRAM 'cat >> pg_hba.conf'");
        server.Execute("postgres", "SELECT pg_reload_conf()");
        var near = server.ConnectionString("postgres");
        var far = near.Replace("127.0.0.1", $"{here}", StringComparison.Ordinal);

        await using (var service = await Service.StartSilo(In("far"), "--db", far))
            await Until.Holds("the notice", TimeSpan.FromSeconds(30), () => Task.FromResult(
                service.Log.Contains($"The connection to the database at {here} {Notice}", StringComparison.Ordinal)));
        await using (var service = await Service.StartSilo(In("near"), "--db", near))
            Assert.DoesNotContain(Notice, service.Log, StringComparison.Ordinal);
    }
}
