using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Postgres.Members;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>Connections to a server with TLS, and what is found about those without.</summary>
[Trait("Needs", "postgres")]
public sealed class PostgresLinkTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly string folder = Directory.CreateTempSubdirectory("otask-link-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1:5433", true)]
    [InlineData("localhost", true)]
    [InlineData("::1", true)]
    [InlineData("/var/run/postgresql", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("10.0.0.1:5433", false)]
    [InlineData("db1", false)]
    [InlineData("fd00::1", false)]
    public void IsHere_IsLoopbackAndSockets(string host, bool isHere) => Assert.Equal(isHere, PostgresLink.IsHere(host));

    [Fact]
    public async Task Connection_WithVerifyFull_NeedsTheRootThatIsNamed()
    {
        using var server = new PostgresServer();
        var root = UseTls(server, IPAddress.Loopback);
        var stranger = Path.Combine(folder, "stranger.pem");
        using (var other = SelfSigned(IPAddress.Loopback))
            await File.WriteAllTextAsync(stranger, other.ExportCertificatePem(), TestContext.Current.CancellationToken);
        var plain = server.ConnectionString("postgres");

        await using var members = await PostgresMembers.Open($"{plain};SSL Mode=VerifyFull;Root Certificate={root}", None);
        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(() =>
            PostgresMembers.Open($"{plain};SSL Mode=VerifyFull;Root Certificate={stranger}", None));

        Assert.Equal(32, members.Cluster.Length);
        Assert.Contains("Cannot open the database", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "network")]
    public async Task Find_BeyondLoopback_NamesTheHostUntilTheConnectionIsEncrypted()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(static one => one.GetIPProperties().UnicastAddresses)
            .Select(static one => one.Address)
            .FirstOrDefault(static one => one.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(one));
        Assert.SkipWhen(own is null, "This machine has no address beyond loopback.");
        using var server = new PostgresServer($"listen_addresses=127.0.0.1,{own}");
        server.Execute("postgres", $"COPY (VALUES ('host all all {own}/32 trust')) TO PROGRAM 'cat >> pg_hba.conf'");
        server.Execute("postgres", "SELECT pg_reload_conf()");
        var beyond = server.ConnectionString("postgres").Replace("127.0.0.1", own.ToString(), StringComparison.Ordinal);

        Assert.Null(await PostgresLink.FindHostInTheClear(server.ConnectionString("postgres"), None));
        Assert.Equal(own.ToString(), await PostgresLink.FindHostInTheClear(beyond, None));
        UseTls(server, own);
        Assert.Null(await PostgresLink.FindHostInTheClear(beyond, None));
        Assert.Equal(own.ToString(), await PostgresLink.FindHostInTheClear(beyond + ";SSL Mode=Disable", None));
    }

    /// <summary>Makes the server use TLS with a certificate of its own; returns the file by which clients trust it.</summary>
    private string UseTls(PostgresServer server, IPAddress address)
    {
        using var certificate = SelfSigned(address);
        using var key = certificate.GetECDsaPrivateKey()!;
        foreach (var (name, pem) in new[] { ("server.crt", certificate.ExportCertificatePem()), ("server.key", key.ExportPkcs8PrivateKeyPem()) })
        {
            var lines = string.Join(',', pem.Split('\n').Select(static line => $"'{line}'"));
            server.Execute("postgres", $"COPY (SELECT unnest(ARRAY[{lines}])) TO PROGRAM 'umask 077; cat > {name}'");
        }

        server.Execute("postgres", "ALTER SYSTEM SET ssl = on");
        server.Execute("postgres", "SELECT pg_reload_conf()");
        // New connections follow as soon as the server has read its settings.
        var began = TimeProvider.System.GetTimestamp();
        while (!IsOn(server))
            Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        var root = Path.Combine(folder, "root.pem");
        File.WriteAllText(root, certificate.ExportCertificatePem());
        return root;
    }

    private static bool IsOn(PostgresServer server)
    {
        using var connection = new Npgsql.NpgsqlConnection(server.ConnectionString("postgres") + ";Pooling=false");
        connection.Open();
        using var command = new Npgsql.NpgsqlCommand("SHOW ssl", connection);
        return (string?)command.ExecuteScalar() == "on";
    }

    private static X509Certificate2 SelfSigned(IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={address}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
