using System.Net;
using Microsoft.Extensions.Logging;
using OrleansTasks.Cli.Profiles;
using OrleansTasks.Cluster.Tls;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>The certificates that silos and gateways show each other, and what is logged about those refused.</summary>
public sealed class ClusterIdentityTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("otask-cluster-").FullName;
    private readonly ForwardTime time = new();
    private readonly MemoryTrustStore store = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Issued_AThirdOfItsTimeIsLeft_IsReplaced()
    {
        using var identity = new IssuedClusterIdentity(ClusterRole.Silo, Open, time);
        var first = (await identity.Get()).Certificate;
        time.Forward(CertificateAuthority.ServerLife / 3);
        var same = (await identity.Get()).Certificate;
        time.Forward(CertificateAuthority.ServerLife / 2);
        var next = await identity.Get();

        Assert.Equal(first.Thumbprint, same.Thumbprint);
        Assert.NotEqual(first.Thumbprint, next.Certificate.Thumbprint);
        Assert.Null(next.Trust.FindFault(next.Certificate, ClusterRole.Silo, time.GetUtcNow()));
    }

    [Fact]
    public async Task Issued_AheadOfTheTime_IsReplacedOnceTheClockIsSetRight()
    {
        using var identity = new IssuedClusterIdentity(ClusterRole.Silo, Open, time);
        time.StepWall(TimeSpan.FromHours(8));
        await identity.Get();
        time.StepWall(-TimeSpan.FromHours(8));

        var next = await identity.Get();

        Assert.Null(next.Trust.FindFault(next.Certificate, ClusterRole.Silo, time.GetUtcNow()));
    }

    [Fact]
    public async Task Issued_ByTwoSilosOfAStore_TrustEachOther()
    {
        using var one = new IssuedClusterIdentity(ClusterRole.Silo, Open, time);
        using var other = new IssuedClusterIdentity(ClusterRole.Silo, Open, time);

        var (shown, checks) = (await one.Get(), await other.Get());

        Assert.Null(checks.Trust.FindFault(shown.Certificate, ClusterRole.Silo, time.GetUtcNow()));
    }

    [Fact]
    public async Task Issued_StoreIsAway_SaysSoAndIsHadLater()
    {
        var isAway = true;
        using var identity = new IssuedClusterIdentity(
            ClusterRole.Silo, () => isAway ? throw new StoreUnavailableException("no route") : Open(), time);

        var refusal = await Assert.ThrowsAsync<ClusterIdentityException>(async () => await identity.Get());
        isAway = false;

        Assert.Contains("no route", refusal.Message, StringComparison.Ordinal);
        Assert.NotNull((await identity.Get()).Certificate);
    }

    [Fact]
    public async Task Filed_FileIsReplaced_IsReadAgain()
    {
        var path = Path.Combine(folder, "gateway.pem");
        var first = await Write(path, ClusterRole.Gateway);
        using var identity = new FiledClusterIdentity(path, time);
        Assert.Equal(first, (await identity.Get()).Certificate.Thumbprint);

        var second = await Write(path, ClusterRole.Gateway);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));
        Assert.Equal(second, (await identity.Get()).Certificate.Thumbprint);

        // While the next one is of no use, the present one is shown.
        await File.WriteAllTextAsync(path, "nonsense", TestContext.Current.CancellationToken);
        Assert.Equal(second, (await identity.Get()).Certificate.Thumbprint);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows()
            ? UnixFileMode.UserRead | UnixFileMode.UserWrite
            : File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Filed_CertificateOfASilo_IsRefused()
    {
        var path = Path.Combine(folder, "silo.pem");
        await Write(path, ClusterRole.Silo);
        using var identity = new FiledClusterIdentity(path, time);

        var refusal = await Assert.ThrowsAsync<ClusterIdentityException>(async () => await identity.Get());

        Assert.Contains("its certificate is not one of a gateway", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusals_RepeatedByAPeer_AreLoggedOnceInAWhile()
    {
        var log = new Lines();
        var refusals = new ClusterRefusals(time, log);
        var peer = IPAddress.Parse("192.0.2.1");
        for (var port = 1; port <= 50; port++)
            refusals.RefusedPeer(new IPEndPoint(peer, port), "--listen", "it showed no certificate");
        Assert.Equal(["192.0.2.1:1 was refused at --listen: it showed no certificate."], log.All);

        refusals.RefusedPeer(new IPEndPoint(peer, 51), "--listen", "its certificate has expired");
        refusals.RefusedPeer(new IPEndPoint(IPAddress.Parse("192.0.2.2"), 1), "--listen", "it showed no certificate");
        Assert.Equal(3, log.All.Count);

        time.Forward(ClusterRefusals.Quiet + TimeSpan.FromSeconds(1));
        refusals.RefusedPeer(new IPEndPoint(peer, 52), "--listen", "it showed no certificate");
        Assert.Equal(4, log.All.Count);
    }

    [Fact]
    public void Refusals_OfAScan_AreBounded()
    {
        var log = new Lines();
        var refusals = new ClusterRefusals(time, log);
        for (var last = 0; last < 250; last++)
            refusals.RefusedPeer(new IPEndPoint(new IPAddress(new byte[] { 192, 0, 2, (byte)last }), 1), "--listen", "it does not use TLS");
        Assert.Equal(100, log.All.Count);

        time.Forward(ClusterRefusals.Quiet + TimeSpan.FromSeconds(1));
        refusals.RefusedPeer(new IPEndPoint(IPAddress.Parse("198.51.100.1"), 1), "--listen", "it does not use TLS");
        Assert.Equal(101, log.All.Count);
    }

    private async Task<CertificateAuthority?> Open() => await CertificateAuthority.Open(store, time.GetUtcNow());

    private async Task<string> Write(string path, ClusterRole role)
    {
        using var authority = (await Open())!;
        using var trust = new ClusterTrust(authority.Certificate.Span);
        using var certificate = authority.IssueMember(role, time.GetUtcNow(), TimeSpan.FromDays(365));
        ReplacedFile.Write(path, ClusterCertificateFile.Content(certificate, trust.Authority));
        return certificate.Thumbprint;
    }

    private sealed class Lines : ILogger<ClusterRefusals>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception));
    }
}
