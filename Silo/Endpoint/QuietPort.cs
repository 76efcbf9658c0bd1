using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>
/// Finds ports to listen on a moment later. They are below the range that Linux uses by default for outgoing
/// connections (<c>ip_local_port_range</c>), from which a port could be taken before the silo listens on it.
/// </summary>
internal static class QuietPort
{
    /// <summary>The lowest port.</summary>
    internal const int Lowest = 20_000;

    /// <summary>The end of the range, exclusive.</summary>
    internal const int End = 32_768;

    private const int Tries = 1_000;

    /// <summary>Returns different ports on which nothing listens on loopback.</summary>
    /// <exception cref="SocketException">No free port was found.</exception>
    internal static int[] Find(int count) => Find(count, IPAddress.Loopback);

    /// <summary>Returns different ports on which nothing listens at an address of this machine.</summary>
    /// <exception cref="SocketException">No free port was found.</exception>
    internal static int[] Find(int count, IPAddress address)
    {
        var found = new List<TcpListener>(count);
        try
        {
            while (found.Count < count)
                found.Add(Listen(address));
            return [.. found.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            found.ForEach(static listener => listener.Dispose());
        }
    }

    private static TcpListener Listen(IPAddress address)
    {
        for (var tries = 1; ; tries++)
        {
            var listener = new TcpListener(address, Random.Shared.Next(Lowest, End));
            try
            {
                listener.Start();
                return listener;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse && tries < Tries)
            {
                listener.Dispose();
            }
        }
    }
}
