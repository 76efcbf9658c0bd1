using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using OrleansTasks.Cluster.Tls;
using OrleansTasks.Settings;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Runs before a silo joins. Connects to each active member, and refuses the start if that member uses TLS differently
/// or has another authority. Orleans itself would join, try for two minutes to reach the others, and fail with a stack.
/// A member that cannot be reached, or does not answer, is left to Orleans.
/// </summary>
internal sealed class OrleansClusterProbe(
    PostgresMembers members, OrleansClusterTls tls, ClusterRefusals refusals, TimeProvider time) : IHostedService
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    // The length of a preamble, without the preamble. Silos read no further.
    private static readonly byte[] Preamble = [1, 0, 0, 0];

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var table = await members.Read();
        await Task.WhenAll(table.Members
            .Where(static member => member.Member.Status == (int)SiloStatus.Active)
            .Select(member => new IPEndPoint(IPAddress.Parse(member.Member.Key.Address), member.Member.Key.Port))
            .Select(silo => Probe(silo, cancellationToken)));
        if (refusals.Mismatch.IsCompleted)
            throw new StartRefusedException($"This silo does not join its cluster. {await refusals.Mismatch}");
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task Probe(IPEndPoint silo, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using var socket = new Socket(silo.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(silo, ended.Token);
            await using var stream = new NetworkStream(socket);
            if (tls.Covers(silo))
                await ProbeSecure(stream, silo, ended.Token);
            else
                await ProbePlain(stream, silo, ended.Token);
        }
        catch (Exception fault) when (
            fault is IOException or SocketException or OperationCanceledException or ClusterIdentityException)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private async Task ProbeSecure(NetworkStream stream, IPEndPoint silo, CancellationToken ended)
    {
        var handshake = await tls.Begin();
        var options = new SslClientAuthenticationOptions();
        tls.SetUp(options, handshake);
        await using var secure = new SslStream(stream);
        try
        {
            await secure.AuthenticateAsClientAsync(options, ended);
        }
        catch (AuthenticationException)
        {
            refusals.SiloRefused(silo, handshake.Fault ?? OrleansClusterTls.SiloIsPlain, isFinal: true);
        }
    }

    private async Task ProbePlain(NetworkStream stream, IPEndPoint silo, CancellationToken ended)
    {
        // Not half-closed: the silo would close at once, and its answer might be lost.
        await stream.WriteAsync(Preamble, ended);
        var answer = new byte[FirstBytes.Refusal.Length];
        var count = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, ended);
        if (FirstBytes.Tell(new(answer.AsMemory(0, count))) == Speech.Alert)
            refusals.SiloRefused(silo, OrleansClusterTls.SiloIsSecure, isFinal: true);
    }
}
