using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using OrleansTasks.Silo.Trust;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>How many connections without a certificate there may be, and for how long.</summary>
public sealed class StrangersTests
{
    private static readonly X509Certificate2 Certificate = MakeCertificate();
    private readonly HeldTimers time = new();
    private readonly TaskCompletionSource open = new();
    private readonly ConnectionDelegate bound;

    public StrangersTests() => bound = new Strangers(certificate => new(ReferenceEquals(certificate, Certificate)), time).Bound(_ => open.Task);

    [Fact]
    public async Task Bound_OneTooManyOfAPeer_AbortsThatPeersOldest()
    {
        var other = Open(2);
        var own = Enumerable.Range(0, Strangers.FromOne).Select(_ => Open(1)).ToArray();
        Assert.DoesNotContain(own.Append(other), IsAborted);

        var newest = Open(1);

        await Aborted(own[0]);
        Assert.DoesNotContain(own.Skip(1).Append(other).Append(newest), IsAborted);
    }

    [Fact]
    public async Task Bound_OneTooManyInAll_AbortsTheOldest()
    {
        var all = Enumerable.Range(0, Strangers.InAll).Select(i => Open((byte)(i % 25))).ToArray();
        Assert.DoesNotContain(all, IsAborted);

        var newest = Open(100);

        await Aborted(all[0]);
        Assert.DoesNotContain(all.Skip(1).Append(newest), IsAborted);
    }

    [Fact]
    public async Task Bound_TimeIsOver_Aborts()
    {
        var connection = Open(1);
        Assert.Equal([Strangers.Longest], time.Due);

        time.Fire();

        await Aborted(connection);
    }

    [Fact]
    public void Bound_ConnectionsEnd_MakeRoom()
    {
        for (var i = 0; i < Strangers.FromOne; i++)
            Open(1);
        open.SetResult();

        var later = Enumerable.Range(0, Strangers.FromOne).Select(_ => Open(1)).ToArray();

        Assert.DoesNotContain(later, IsAborted);
    }

    [Fact]
    public void Bound_WithACertificateOfTheService_IsNotCounted()
    {
        var nodes = Enumerable.Range(0, Strangers.FromOne + 1).Select(_ => Open(1, Certificate)).ToArray();

        Assert.DoesNotContain(nodes, IsAborted);
        Assert.Empty(time.Due);
    }

    [Fact]
    public void Bound_WithACertificateThatDoesNotCount_IsAStrangers()
    {
        var revoked = MakeCertificate();
        var connections = Enumerable.Range(0, Strangers.FromOne + 1).Select(_ => Open(1, revoked)).ToArray();

        Assert.True(IsAborted(connections[0]));
        Assert.DoesNotContain(connections[1..], IsAborted);
    }

    private KnownConnection Open(byte peer, X509Certificate2? certificate = null)
    {
        var connection = new KnownConnection { RemoteEndPoint = new IPEndPoint(new IPAddress([192, 0, 2, peer]), 1) };
        if (certificate is not null)
            connection.Features.Set<ITlsConnectionFeature>(new Tls { ClientCertificate = certificate });
        _ = bound(connection);
        return connection;
    }

    private static bool IsAborted(KnownConnection connection) => connection.WasAborted.Task.IsCompleted;

    private static Task Aborted(KnownConnection connection) => connection.WasAborted.Task.WaitAsync(TimeSpan.FromSeconds(30));

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=w1", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }

    private sealed class KnownConnection : DefaultConnectionContext
    {
        public TaskCompletionSource WasAborted { get; } = new();

        public override void Abort(ConnectionAbortedException abortReason) => WasAborted.TrySetResult();
    }

    private sealed class Tls : ITlsConnectionFeature
    {
        public X509Certificate2? ClientCertificate { get; set; }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult(ClientCertificate);
    }

    /// <summary>Timers that fire when a test says so.</summary>
    private sealed class HeldTimers : TimeProvider
    {
        private readonly List<(TimeSpan Due, Action Fire)> timers = [];

        public IEnumerable<TimeSpan> Due => timers.Select(static timer => timer.Due);

        public void Fire() => timers.ForEach(static timer => timer.Fire());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            timers.Add((dueTime, () => callback(state)));
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
