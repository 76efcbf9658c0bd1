using System.Net;
using System.Net.Sockets;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>What happens when this silo connects to the port at which a member listens to other silos.</summary>
internal enum PortProbe
{
    /// <summary>The connection is accepted.</summary>
    Accepts,

    /// <summary>The member's machine says that nothing listens there.</summary>
    Refuses,

    /// <summary>Nothing answers, or the member's machine cannot be reached.</summary>
    Silent,
}

/// <summary>Connects to members.</summary>
internal static class PortProbes
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1);

    /// <summary>Connects to a member once, for a second at most.</summary>
    internal static async Task<PortProbe> Probe(MemberKey member, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            var port = new IPEndPoint(IPAddress.Parse(member.Address), member.Port);
            await socket.ConnectAsync(port, cancellation).AsTask()
                .WaitAsync(ConnectLimit, TimeProvider.System, cancellation);
            return PortProbe.Accepts;
        }
        catch (Exception fault) when (fault is SocketException or TimeoutException)
        {
            return fault is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
                ? PortProbe.Refuses
                : PortProbe.Silent;
        }
    }
}
