using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Storage.Postgres.Members;
using OrleansTasks.Storage.Trust;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Silos and gateways that use TLS among themselves, all processes, and strangers at their ports.</summary>
[Trait("Needs", "postgres")]
public sealed class OrleansClusterTlsTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Cluster_WithTls_ServesAndOutlivesASilo()
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In, "--cluster-tls", "on");
        await cluster.StartSilo(0);
        await using var gateway = await cluster.StartGateway();
        await gateway.Submit("true");
        await cluster.StartSilo(1);
        await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "4");
        var load = new ClusterLoad(gateway, In("journal"));
        await load.Send(20, static _ => Task.CompletedTask);
        await load.AllEnded();
        Assert.Equal(2, await ClusterRig.CountActive(gateway));
        var owner = await cluster.Owner(gateway);
        await cluster.Silos[owner].KillAll();
        var left = cluster.Silos[1 - owner];
        await cluster.Explain(() => load.Served(Limit), gateway, worker);

        // A gateway without the database, by a file.
        var file = In("gateway.pem");
        var made = await Otask.Run("cluster", "certificate", file, "--db", cluster.Database);
        Assert.True(made.ExitCode == 0, made.Errors);
        await using var named = await Service.StartGateway(
            left.Silo, "--cluster", cluster.Name, "--cluster-tls", "on", "--cluster-cert", file);
        Assert.Equal("succeeded", (string?)(await named.Ended(await named.Submit("true")))["state"]);
        await load.AllEnded();
        load.CheckJournal();
        Assert.DoesNotContain("was refused at", left.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_AtBothPorts_AreRefusedInOneLineEach()
    {
        using var server = new PostgresServer();
        var peers = RestartAddress.Next();
        await using var cluster = new ClusterRig(server, In, "--cluster-tls", "on") { PeerPorts = [peers[(peers.LastIndexOf(':') + 1)..]] };
        await cluster.StartSilo(0);
        var silo = cluster.Silos[0];
        await using var members = await PostgresMembers.Open(cluster.Database, TestContext.Current.CancellationToken);
        using var authority = new CertificateAuthority((await members.GetAuthority())!);
        var now = TimeProvider.System.GetUtcNow();
        using var worker = Worker(authority, now);
        using var own = SelfSigned(authority.Name, now);
        using var gateway = authority.IssueMember(ClusterRole.Gateway, now, TimeSpan.FromDays(1));
        using var otherSilo = authority.IssueMember(ClusterRole.Silo, now, TimeSpan.FromDays(1));

        foreach (var (address, port, wrong, role) in new[]
        {
            (silo.Silo, "--listen", otherSilo, "gateway"), (peers, "--peer-port", gateway, "silo"),
        })
        {
            var at = IPEndPoint.Parse(address);
            // Each comes twice, as a stranger who tries again.
            for (var time = 0; time < 2; time++)
            {
                Assert.True(await IsHungUp(at, "GET / HTTP/1.1\r\n\r\n"u8.ToArray()));
                Assert.True(await IsRefused(at, null));
                Assert.True(await IsRefused(at, own));
                Assert.True(await IsRefused(at, worker));
                Assert.True(await IsRefused(at, wrong));
            }

            var lines = silo.Log.Split('\n').Where(line => line.Contains($"was refused at {port}: ", StringComparison.Ordinal)).ToArray();
            string[] reasons =
            [
                "it does not use TLS, and this silo does", "it showed no certificate", "its certificate is from another authority",
                $"its certificate is not one of a {role}",
            ];
            Assert.Equal(reasons.Length, lines.Length);
            Assert.All(reasons, reason => Assert.Single(lines, line => line.Contains(reason, StringComparison.Ordinal)));
        }

        Assert.DoesNotContain("   at ", silo.Log, StringComparison.Ordinal);
        await using var client = await cluster.StartGateway();
        await client.Submit("true");
    }

    [Theory]
    [InlineData("on", "it uses TLS, and this process does not", "it does not use TLS, and this silo does")]
    [InlineData("off", "it does not use TLS, and this process does", "it uses TLS, and this silo does not")]
    public async Task SiloAndGateway_WithTheOtherSetting_AreRefusedInOneLineAtBothEnds(string first, string told, string noted)
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In, "--cluster-tls", first);
        await cluster.StartSilo(0);
        var silo = cluster.Silos[0];
        var other = first == "on" ? "off" : "on";

        var refused = await Finished.Run(
            BuiltPrograms.Silo, ["--db", cluster.Database, "--data", In("other"), "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0",
                "--cluster-tls", other], [], Limit);
        await using var gateway = await Service.Start(
            BuiltPrograms.Client, ["--http", "127.0.0.1:0", "--db", cluster.Database, "--cluster-tls", other], "");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("This silo does not join its cluster", refused.Errors, StringComparison.Ordinal);
        Assert.Contains(told, refused.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Http.GetAsync("/readyz")).StatusCode);
        // The start of the gateway has waited for an answer for 5 s, in which it tried many times.
        Assert.Single(gateway.Log.Split('\n'), line => line.Contains($"There is no connection to the silo at {silo.Silo}: {told}", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", gateway.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", silo.Log, StringComparison.Ordinal);
        foreach (var port in new[] { "--listen", "--peer-port" })
            Assert.Single(silo.Log.Split('\n'), line => line.Contains($"was refused at {port}: {noted}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Gateway_OfAnotherStore_IsRefusedInOneLineAtBothEnds()
    {
        await using var silo = await Service.StartSilo(Data, "--cluster-tls", "on", "--slots", "0");
        var foreign = In("foreign.pem");
        Assert.Equal(0, (await Otask.Run("cluster", "certificate", foreign, "--data", In("elsewhere"))).ExitCode);
        await using var gateway = await Service.StartGateway(silo.Silo, "--cluster-tls", "on", "--cluster-cert", foreign);

        // The gateway checks the silo first, and finds that its authority is another.
        Assert.Single(gateway.Log.Split('\n'), static line =>
            line.Contains("There is no connection to the silo at", StringComparison.Ordinal)
            && line.Contains("its certificate is from another authority", StringComparison.Ordinal));
        // Whether the silo sees the gateway's certificate before the gateway hangs up is a race, so there may be a line for each.
        Assert.InRange(silo.Log.Split('\n').Count(static line => line.Contains("was refused at --listen", StringComparison.Ordinal)), 1, 2);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Http.GetAsync("/readyz")).StatusCode);
    }

    [Fact]
    public async Task GatewayBeyondLoopback_WithoutACertificate_EndsWithTwo()
    {
        var ended = await Finished.Run(BuiltPrograms.Client, "--silo", "192.0.2.1:30000", "--http", "127.0.0.1:0");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--silo 192.0.2.1:30000", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("otask cluster certificate FILE", ended.Errors, StringComparison.Ordinal);
    }

    private static X509Certificate2 Worker(CertificateAuthority authority, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=worker", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        using var bare = authority.IssueNode("w1", "0123456789abcdef0123456789abcdef", CertificateKey.Read(request, out _)!, now);
        return bare.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 SelfSigned(X500DistinguishedName name, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    /// <summary>Sends bytes; whether the silo hangs up without an answer of Orleans.</summary>
    private static async Task<bool> IsHungUp(IPEndPoint silo, byte[] sent)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(silo, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(sent, TestContext.Current.CancellationToken);
        var answer = new MemoryStream();
        await stream.CopyToAsync(answer, TestContext.Current.CancellationToken);
        // A TLS alert and nothing else.
        return answer.ToArray() is [21, 3, ..] && answer.Length == 7;
    }

    /// <summary>Connects by TLS; whether the silo hangs up before it has sent anything.</summary>
    private static async Task<bool> IsRefused(IPEndPoint silo, X509Certificate2? shown)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(silo, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                    LocalCertificateSelectionCallback = (_, _, _, _, _) => shown!,
                },
                TestContext.Current.CancellationToken);
            return await tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken) == 0;
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException)
        {
            return true;
        }
    }
}
