using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>
/// Ports for listening a moment later, at an address that others learn from the silo itself. They lie below those that the system gives
/// to outgoing connections, by Linux's default (<c>ip_local_port_range</c>): one of these could be taken before the silo listens.
/// </summary>
internal static class QuietPort
{
    /// <summary>The lowest port that is given.</summary>
    internal const int Lowest = 20_000;

    /// <summary>Beyond the highest.</summary>
    internal const int End = 32_768;

    private const int Tries = 1_000;

    /// <summary>Different ports, each of which nobody listens at on loopback.</summary>
    /// <exception cref="SocketException">None was found.</exception>
    internal static int[] Find(int count) => Find(count, IPAddress.Loopback);

    /// <summary>Different ports, each of which nobody listens at on an address of this machine.</summary>
    /// <exception cref="SocketException">None was found.</exception>
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
