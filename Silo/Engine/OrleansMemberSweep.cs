using System.Net;
using System.Net.Sockets;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Runs before a silo joins. Declares members dead that accept no connection and whose sign of life does not change
/// while it is watched. A joining silo waits for an answer from every active member, so members that died together
/// would delay the first one that returns.
/// </summary>
/// <remarks>
/// The age of a sign of life proves nothing: after a database outage, all are old. Members that accept connections are
/// left alone.
/// </remarks>
internal sealed partial class OrleansMemberSweep(PostgresMembers members, TimeProvider time, ILogger<OrleansMemberSweep> logger)
    : IHostedService
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1);

    /// <summary>How long members are watched; longer than the interval between two signs of life.</summary>
    internal TimeSpan Watched { get; init; } = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var suspects = await Unreachable(await members.Read(), cancellationToken);
        while (suspects.Count > 0 && time.GetElapsedTime(began) < Watched)
        {
            await Task.Delay(Watched / 8, time, cancellationToken);
            suspects = StillSilent(suspects, await members.Read());
        }

        while (suspects.Count > 0 && !await DeclareDead(suspects))
            suspects = StillSilent(suspects, await members.Read());
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Returns the suspects that are still active and have given no new sign of life.</summary>
    internal static List<StoredMember> StillSilent(IReadOnlyList<StoredMember> suspects, MemberTable now) =>
        [.. now.Members.Where(IsActive).Where(member => suspects.Any(suspect =>
            suspect.Member.Key == member.Member.Key && suspect.AliveDb == member.AliveDb))];

    private static bool IsActive(StoredMember member) => member.Member.Status == (int)SiloStatus.Active;

    private static async Task<List<StoredMember>> Unreachable(MemberTable table, CancellationToken cancellation)
    {
        var active = table.Members.Where(IsActive).ToArray();
        var accepts = await Task.WhenAll(active.Select(member => Accepts(member.Member.Key, cancellation)));
        return [.. active.Where((_, index) => !accepts[index])];
    }

    private static async Task<bool> Accepts(MemberKey member, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(member.Address), member.Port), cancellation).AsTask()
                .WaitAsync(ConnectLimit, TimeProvider.System, cancellation);
            return true;
        }
        catch (Exception fault) when (fault is SocketException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Declares the suspects dead. Returns false if the table changed in between.</summary>
    private async Task<bool> DeclareDead(List<StoredMember> suspects)
    {
        foreach (var suspect in suspects)
        {
            var table = await members.Read();
            if (StillSilent([suspect], table) is not [var member])
                continue;
            var dead = member.Member with { Status = (int)SiloStatus.Dead };
            if (!await members.Replace(dead, member.Etag, table.Version + 1, table.Etag))
                return false;
            Declared(member.Member.Name, member.Member.Key.Address, member.Member.Key.Port);
        }

        return true;
    }

    [LoggerMessage(EventId = 4503, Level = LogLevel.Warning,
        Message = "Declaring silo {Name} at {Address}:{Port} dead: it accepts no connections and its sign of life has expired.")]
    private partial void Declared(string name, string address, int port);
}
